"""The transparency log: RFC 6962 tree, C2SP checkpoints and tiles over the journal, its publication and its verifier.

Decision: entries are sequenced after they are committed, by whoever runs ``sequencer.sequence``; nothing of this
package stands in the way of a claim. ``verifier`` needs none of the other modules. Authority: trust notes section 2.
Left out: pruning (a log without a written retention rule must not be pruned), signing every entry.
"""
