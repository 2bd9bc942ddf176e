// The Go team's own code for signed notes and transparency logs (golang.org/x/mod/sumdb/note and .../tlog), asked
// about our cases: a line of JSON in, a line of JSON out. Only the reading of files and of the checkpoint's three lines
// is ours, because tlog.ParseTree is made for the one log of Go itself.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Name   string
	Kind   string
	Vkey   string
	Note   string
	Old    string
	Index  int64
	Entry  []byte
	Hashes [][]byte
	Folder string
}

type answer struct {
	Name     string `json:"name"`
	Accepted bool   `json:"accepted"`
	Why      string `json:"why"`
}

func checkpoint(text, vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("not the lines of a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func hashes(given [][]byte) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(given))
	for i, one := range given {
		if len(one) != tlog.HashSize {
			return nil, fmt.Errorf("a hash of %d bytes", len(one))
		}
		copy(found[i][:], one)
	}
	return found, nil
}

// files reads tiles as C2SP publishes them: tile/L/N where Go's own log has tile/8/L/N.
type files struct{ folder string }

func (f files) Height() int                         { return 8 }
func (f files) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(f.folder, strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

// whole reads every entry of a published log and compares it with the tiles, which the reader holds against the root.
func whole(folder string, tree tlog.Tree) error {
	reader := tlog.TileHashReader(tree, files{folder})
	for first := int64(0); first < tree.N; first += 256 {
		bundle := tlog.Tile{H: 8, L: -1, N: first / 256, W: 256}
		if tree.N-first < 256 {
			bundle.W = int(tree.N - first)
		}
		path := strings.Replace(bundle.Path(), "tile/8/data/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(folder, path))
		if err != nil {
			return err
		}
		var places []int64
		for i := 0; i < bundle.W; i++ {
			places = append(places, tlog.StoredHashIndex(0, first+int64(i)))
		}
		known, err := reader.ReadHashes(places)
		if err != nil {
			return err
		}
		for i := 0; i < bundle.W; i++ {
			if len(data) < 2 || len(data) < 2+int(data[0])<<8+int(data[1]) {
				return fmt.Errorf("%s ends early", path)
			}
			end := 2 + int(data[0])<<8 + int(data[1])
			if tlog.RecordHash(data[2:end]) != known[i] {
				return fmt.Errorf("entry %d is not the one of the tree", first+int64(i))
			}
			data = data[end:]
		}
		if len(data) != 0 {
			return fmt.Errorf("%s does not end", path)
		}
	}
	root, err := tlog.TreeHash(tree.N, reader)
	if err == nil && root != tree.Hash {
		err = fmt.Errorf("another root")
	}
	return err
}

func check(q question) error {
	if q.Kind == "log" {
		text, err := os.ReadFile(filepath.Join(q.Folder, "checkpoint"))
		if err != nil {
			return err
		}
		tree, err := checkpoint(string(text), q.Vkey)
		if err != nil {
			return err
		}
		return whole(q.Folder, tree)
	}
	tree, err := checkpoint(q.Note, q.Vkey)
	if err != nil || q.Kind == "checkpoint" {
		return err
	}
	proof, err := hashes(q.Hashes)
	if err != nil {
		return err
	}
	if q.Kind == "inclusion" {
		return tlog.CheckRecord(proof, tree.N, tree.Hash, q.Index, tlog.RecordHash(q.Entry))
	}
	old, err := checkpoint(q.Old, q.Vkey)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			panic(err)
		}
		a := answer{Name: q.Name, Accepted: true}
		if err := check(q); err != nil {
			a.Accepted, a.Why = false, err.Error()
		}
		if err := out.Encode(a); err != nil {
			panic(err)
		}
	}
}
