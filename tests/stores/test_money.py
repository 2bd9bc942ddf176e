"""No store lets money move twice: each guard by name, and the ways that must stay open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from claimdesk import Conflict, StaleVersion
from claimdesk.adapters.guards import GUARDS
from claimdesk.states.case import Totals
from claimdesk.workflow.ports import Store, TransferRow, WriteSet
from stores.world import AMAZON, Book, everything, write


def refused(store: Store, guard: str, *sets: WriteSet) -> None:
    """The store must refuse these by the guard's name and keep nothing of them."""
    before = everything(store)
    with pytest.raises(Conflict) as caught:
        write(store, *sets)
    assert (caught.value.field, caught.value.code) == (guard, "constraint")
    assert everything(store) == before
    assert caught.value.__cause__ is None


def other(book: Book) -> Book:
    return replace(book)


# -- what must stay possible ---------------------------------------------------------------------------------------


def test_the_whole_life_of_a_payment(store: Store) -> None:
    book = Book()
    _, post = book.paid(store)
    write(store, book.step(decisions=[book.decision()], state="recovery_due"))
    first = book.recoup(24000, 1)
    write(store, book.step(first))
    second = book.recoup(30000, 2)
    write(store, book.step(second))
    write(store, book.step(book.write_off(10000)))
    # The payment came back: everything is undone in one entry, and the customer may be paid anew.
    write(store, book.step(book.reverse(post), book.reverse(first), book.reverse(second), state="approved"))
    made = book.authorize(64000, 2)
    write(store, book.step(made))
    write(store, book.step(book.post(made)))
    write(store, book.step(book.recoup(64000, 3)))
    with store.read() as unit:
        assert unit.balances() == [
            (AMAZON, "USD", 0), ("amazon:written_off", "USD", -10000), (book.customer, "USD", 64000),
            (book.owing, "USD", -54000),
        ]  # fmt: skip


def test_a_changed_amount_is_authorised_anew_in_one_entry(store: Store) -> None:
    book = Book()
    made = book.authorize(64000)
    write(store, book.step(made))
    new = book.authorize(50000, 2)
    write(store, book.step(book.void(made), new))
    write(store, book.step(book.post(new)))


def test_authorised_and_posted_in_one_transaction(store: Store) -> None:
    book = Book()
    made = book.authorize()
    write(store, book.step(made), book.step(book.post(made)))


def test_recovery_given_up_and_everything_given_back_in_one_entry(store: Store) -> None:
    book = Book()
    book.paid(store)
    write(store, book.step(decisions=[book.decision()]))
    back = book.recoup(1000)
    write(store, book.step(back))
    write(store, book.step(book.reverse(back), decisions=[book.decision(exempt=True, outcome="waived")]))


def test_recovery_pursued_after_it_was_given_up_for_an_earlier_payment(store: Store) -> None:
    book = Book()
    _, post = book.paid(store)
    write(store, book.step(decisions=[book.decision(exempt=True)]))
    write(store, book.step(book.reverse(post)))
    made = book.authorize(64000, 2)
    write(store, book.step(made))
    write(store, book.step(book.post(made)))
    write(store, book.step(decisions=[book.decision()]))
    write(store, book.step(book.recoup(64000)))


def test_a_settlement_between_others_is_a_memo(store: Store) -> None:
    book = Book()
    write(store, book.step(book.settle(10**14)))
    write(store, book.step(book.settle(1)))


# -- what must not --------------------------------------------------------------------------------------------------

Twist = Callable[[Book, TransferRow], TransferRow]


@pytest.mark.parametrize("twist", [
    lambda b, t: t._replace(amount=0), lambda b, t: t._replace(amount=-64000), lambda b, t: t._replace(credit=t.debit),
    lambda b, t: t._replace(obligation=None), lambda b, t: t._replace(kind="pay"), lambda b, t: t._replace(kind="post"),
    lambda b, t: t._replace(kind="reverse"), lambda b, t: t._replace(pending="PAY-x"),
    lambda b, t: t._replace(reverses="PAY-x"),
])  # fmt: skip
def test_a_shapeless_transfer(store: Store, twist: Twist) -> None:
    book = Book()
    write(store, book.step())
    made = twist(book, book.authorize())
    refused(store, "transfer_shape", book.step(made))


def test_a_transfer_without_an_entry_of_its_claim(store: Store) -> None:
    book, stranger = Book(), Book()
    write(store, book.step(), stranger.step())
    refused(store, "transfer_entry", other(book).step(book.authorize()._replace(entry="EVT-none")))
    refused(store, "transfer_entry", other(book).step(book.authorize()._replace(entry=f"EVT-{stranger.id}-0001")))


def test_a_transfer_in_another_currency(store: Store) -> None:
    book = Book()
    write(store, book.step())
    refused(store, "transfer_currency", book.step(book.authorize()._replace(currency="EUR")))


def test_an_entry_has_one_effect_of_each_kind(store: Store) -> None:
    book = Book()
    write(store, book.step())
    refused(store, "one_effect", other(book).step(book.settle(5), book.settle(6)))
    refused(store, "one_effect", other(book).step(book.authorize(5, 1), book.authorize(5, 2)))


def test_an_obligation_is_authorised_once(store: Store) -> None:
    book = Book()
    made = book.authorize()
    write(store, book.step(made))
    write(store, book.step(book.void(made)))
    refused(store, "authorize_once", book.step(book.authorize()))


def test_money_is_reserved_once_at_a_time(store: Store) -> None:
    book = Book()
    write(store, book.step(book.authorize()))
    refused(store, "authorize_open", book.step(book.authorize(1, 2)))


def test_an_authorisation_is_posted_or_void_once(store: Store) -> None:
    book = Book()
    made, post = book.paid(store)
    refused(store, "resolved_once", other(book).step(book.post(made)))
    refused(store, "resolved_once", other(book).step(book.void(made)))
    write(store, book.step(book.reverse(post)))
    refused(store, "resolved_once", other(book).step(book.post(made)))


@pytest.mark.parametrize("twist", [
    lambda b, t: t._replace(amount=t.amount + 1), lambda b, t: t._replace(amount=1),
    lambda b, t: t._replace(obligation=2),
    lambda b, t: t._replace(pending="PAY-none"), lambda b, t: t._replace(credit="customer:CLM-else"),
    lambda b, t: t._replace(debit="seller:S"), lambda b, t: t._replace(debit=t.credit, credit=t.debit),
])  # fmt: skip
def test_a_post_is_what_was_authorised(store: Store, twist: Twist) -> None:
    book = Book()
    made = book.authorize()
    write(store, book.step(made))
    refused(store, "post_authorized", other(book).step(twist(book, book.post(made))))
    refused(store, "post_authorized", other(book).step(twist(book, book.void(made))))


def test_a_post_of_another_claims_authorisation(store: Store) -> None:
    book, thief = Book(), Book()
    made = book.authorize()
    write(store, book.step(made), thief.step())
    taken = thief.move("post", made.debit, made.credit, made.amount, obligation=1, pending=made.id)
    refused(store, "post_authorized", thief.step(taken))


def test_a_claim_is_paid_once(store: Store) -> None:
    book = Book()
    book.paid(store)
    made = book.authorize(64000, 2)
    write(store, book.step(made))
    refused(store, "post_stands", book.step(book.post(made)))


@pytest.mark.parametrize("twist", [
    lambda b, t: t._replace(amount=t.amount - 1), lambda b, t: t._replace(reverses="PAY-none"),
    lambda b, t: t._replace(debit=t.credit, credit=t.debit), lambda b, t: t._replace(credit="seller:S"),
])  # fmt: skip
def test_a_reversal_undoes_all_of_one_transfer(store: Store, twist: Twist) -> None:
    book = Book()
    made, post = book.paid(store)
    refused(store, "reverse_names", other(book).step(twist(book, book.reverse(post))))
    refused(store, "reverse_names", other(book).step(book.reverse(made)))
    thief = Book()
    write(store, thief.step())
    taken = thief.move("reverse", post.credit, post.debit, post.amount, reverses=post.id)
    refused(store, "reverse_names", thief.step(taken))


def test_a_settlement_that_never_came_is_reversed_whole_and_once(store: Store) -> None:
    book = Book()
    write(store, book.step())
    settled = book.settle(64000)
    write(store, book.step(settled))
    for twist in ({"amount": 63999}, {"credit": "seller:OTHER"}, {"debit": "seller:S", "credit": book.customer}):
        refused(store, "reverse_names", other(book).step(book.reverse(settled)._replace(**twist)))
    taken = book.reverse(settled)
    write(store, book.step(taken))
    refused(store, "reversed_once", other(book).step(book.reverse(settled)))
    refused(store, "reverse_names", other(book).step(book.reverse(taken)))
    write(store, book.step(book.authorize()))  # and Amazon may pay in its place


def test_a_transfer_is_reversed_once(store: Store) -> None:
    book = Book()
    _, post = book.paid(store)
    write(store, book.step(book.reverse(post)))
    refused(store, "reversed_once", other(book).step(book.reverse(post)))
    refused(store, "reverse_names", other(book).step(book.reverse(book.reverse(post))))


def test_a_payment_is_not_undone_under_a_recoupment(store: Store) -> None:
    book = Book()
    _, post = book.paid(store)
    back = book.recoup(1)
    write(store, book.step(back))
    refused(store, "reverse_recouped", other(book).step(book.reverse(post)))
    write(store, book.step(book.reverse(back)))
    write(store, book.step(book.reverse(post)))


def test_recoupments_are_numbered(store: Store) -> None:
    book = Book()
    book.paid(store)
    write(store, book.step(book.recoup(1)))
    refused(store, "recoup_once", book.step(book.recoup(1)))


@pytest.mark.parametrize("kind", ["recoup", "write_off"])
def test_nothing_is_recovered_before_the_customer_was_paid(store: Store, kind: str) -> None:
    book = Book()
    made = book.authorize()
    write(store, book.step(made))

    def asked() -> TransferRow:
        return book.recoup(1) if kind == "recoup" else book.write_off(1)

    refused(store, "recoup_paid", other(book).step(asked()))
    early = book.next_entry
    write(store, book.step())
    write(store, book.step(book.post(made)))
    refused(store, "recoup_paid", other(book).step(asked()._replace(entry=early)))
    write(store, book.step(asked()))


def test_nothing_is_recovered_of_a_payment_that_came_back(store: Store) -> None:
    book = Book()
    _, post = book.paid(store)
    write(store, book.step(book.reverse(post)))
    refused(store, "recoup_paid", other(book).step(book.recoup(1)))
    refused(store, "recoup_paid", other(book).step(book.write_off(1)))


def test_a_recoupment_goes_to_who_paid(store: Store) -> None:
    book = Book()
    book.paid(store)
    refused(store, "recoup_accounts", other(book).step(book.recoup(1)._replace(credit="amazon:profit")))
    refused(store, "recoup_accounts", other(book).step(book.recoup(1)._replace(debit=book.customer)))


def test_an_exempt_seller_is_never_recouped(store: Store) -> None:
    book = Book()
    book.paid(store)
    write(store, book.step(decisions=[book.decision()]))
    write(store, book.step(decisions=[book.decision(exempt=True, outcome="waived")]))
    refused(store, "recoup_exempt", other(book).step(book.recoup(1)))
    write(store, book.step(decisions=[book.decision("appeal")]))  # says nothing about the exemption
    refused(store, "recoup_exempt", other(book).step(book.recoup(1)))


def test_recovery_is_not_given_up_while_a_recoupment_stands(store: Store) -> None:
    book = Book()
    book.paid(store)
    write(store, book.step(book.recoup(1)))
    refused(store, "exempt_recouped", book.step(decisions=[book.decision(exempt=True)]))


def test_recovery_stays_within_what_was_paid(store: Store) -> None:
    book = Book()
    book.paid(store, 100)
    refused(store, "recoup_sum", other(book).step(book.recoup(101)))
    write(store, book.step(book.recoup(60)))
    write(store, book.step(book.write_off(30)))
    refused(store, "recoup_sum", other(book).step(book.recoup(11, 2)))
    refused(store, "recoup_sum", other(book).step(book.write_off(11)))
    refused(store, "recoup_sum", other(book).step(book.recoup(6, 2), book.write_off(5)))
    write(store, book.step(book.recoup(10, 2)))
    refused(store, "recoup_sum", other(book).step(book.write_off(1)))


def test_a_decision_comes_from_one_entry_of_its_claim(store: Store) -> None:
    book, stranger = Book(), Book()
    write(store, book.step(decisions=[book.decision()]), stranger.step())
    refused(store, "decision_entry", other(book).step(decisions=[book.decision()._replace(entry="EVT-none")]))
    refused(store, "decision_entry",
            other(book).step(decisions=[book.decision()._replace(entry=f"EVT-{stranger.id}-0001")]))  # fmt: skip
    refused(store, "decision_once", other(book).step(decisions=[book.decision(), book.decision()]))
    refused(store, "decision_once",
            other(book).step(decisions=[book.decision()._replace(entry=f"EVT-{book.id}-0001")]))  # fmt: skip


def test_a_transfer_id_is_used_once(store: Store) -> None:
    book, stranger = Book(), Book()
    made = book.authorize()
    write(store, book.step(made), stranger.step())
    again = stranger.authorize()._replace(id=made.id)
    with pytest.raises(StaleVersion):
        write(store, stranger.step(again))


def test_a_batch_is_refused_for_one_bad_claim(store: Store) -> None:
    good, bad = [Book() for _ in range(300)], Book()
    sets = [b.step(b.authorize()) for b in good]
    sets.insert(150, bad.step(bad.recoup(1)))
    refused(store, "recoup_paid", *sets)


def test_amounts_at_the_edge(store: Store) -> None:
    book = Book()
    book.paid(store, 10**14)
    write(store, book.step(book.recoup(10**14 - 1), totals=Totals(by_amazon=10**14)))
    refused(store, "recoup_sum", other(book).step(book.recoup(2, 2)))
    write(store, book.step(book.recoup(1, 2)))


def test_every_guard_has_a_test_of_its_own() -> None:
    """A guard nobody tried is a promise nobody checked."""
    told = "".join(
        (Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("test_money.py", "attacks.py")
    )
    assert [g for g in GUARDS if f'"{g}"' not in told] == []
