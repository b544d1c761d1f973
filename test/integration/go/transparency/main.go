// Verifies an audit log and what the relay's command line made of it, with the implementation of Go's checksum
// database: signed notes (golang.org/x/mod/sumdb/note) and the tree (golang.org/x/mod/sumdb/tlog).
//
//	transparency <folder>
//
// The folder has audit.pub, audit*.jsonl, audit.checkpoints, *.tlog-proof (inclusion), *.consistency with the older
// checkpoint in *.checkpoint, and *.manifest. What was verified is counted on stdout.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type tree struct {
	size int64
	root tlog.Hash
}

// stored keeps the hashes of a tree in the order that tlog gives them.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = s[index]
	}
	return hashes, nil
}

var verifiers note.Verifiers

func main() {
	folder := os.Args[1]
	verifier, err := note.NewVerifier(strings.TrimSpace(read(folder, "audit.pub")))
	check(err)
	verifiers = note.VerifierList(verifier)
	hashes, records := recordHashes(folder)

	counts := map[string]int{"records": len(records)}
	for _, line := range strings.Split(strings.TrimSpace(read(folder, "audit.checkpoints")), "\n") {
		var kept struct{ Checkpoint string }
		check(json.Unmarshal([]byte(line), &kept))
		signed := open(kept.Checkpoint)
		root, err := tlog.TreeHash(signed.size, hashes)
		check(err)
		if root != signed.root {
			check(fmt.Errorf("checkpoint of %d records: its root is %v, of the records %v", signed.size, signed.root, root))
		}
		counts["checkpoints"]++
	}
	for _, path := range glob(folder, "*.tlog-proof") {
		checkInclusion(path, hashes, records)
		counts["inclusion"]++
	}
	for _, path := range glob(folder, "*.consistency") {
		checkConsistency(path)
		counts["consistency"]++
	}
	for _, path := range glob(folder, "*.manifest") {
		_, err := note.Open([]byte(read(path)), verifiers)
		check(err)
		counts["manifests"]++
	}
	check(json.NewEncoder(os.Stdout).Encode(counts))
}

// recordHashes builds the tree out of the lines of all segments.
func recordHashes(folder string) (stored, [][]byte) {
	segments := glob(folder, "audit.*.jsonl")
	sort.Strings(segments)
	var hashes stored
	var records [][]byte
	for _, path := range append(segments, filepath.Join(folder, "audit.jsonl")) {
		for _, line := range bytes.Split(bytes.TrimSuffix([]byte(read(path)), []byte("\n")), []byte("\n")) {
			more, err := tlog.StoredHashes(int64(len(records)), line, hashes)
			check(err)
			hashes = append(hashes, more...)
			records = append(records, line)
		}
	}
	return hashes, records
}

// checkInclusion reads a proof as of c2sp.org/tlog-proof.
func checkInclusion(path string, hashes stored, records [][]byte) {
	head, checkpoint, _ := strings.Cut(read(path), "\n\n")
	lines := strings.Split(head, "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		check(fmt.Errorf("%s: not a proof", path))
	}
	record, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	check(err)
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	check(err)
	if !bytes.Equal(record, records[index]) {
		check(fmt.Errorf("%s: not the record of the log", path))
	}
	signed := open(checkpoint)
	proof := tlog.RecordProof(parseHashes(lines[3:]))
	check(tlog.CheckRecord(proof, signed.size, signed.root, index, tlog.RecordHash(record)))
	own, err := tlog.ProveRecord(signed.size, index, hashes)
	check(err)
	if fmt.Sprint(own) != fmt.Sprint(proof) {
		check(fmt.Errorf("%s: another proof than tlog makes", path))
	}
}

// checkConsistency reads a proof as in add-checkpoint of c2sp.org/tlog-witness.
func checkConsistency(path string) {
	head, checkpoint, _ := strings.Cut(read(path), "\n\n")
	lines := strings.Split(head, "\n")
	old := open(read(strings.TrimSuffix(path, ".consistency") + ".checkpoint"))
	if lines[0] != fmt.Sprintf("old %d", old.size) {
		check(fmt.Errorf("%s: not about the older checkpoint", path))
	}
	signed := open(checkpoint)
	check(tlog.CheckTree(tlog.TreeProof(parseHashes(lines[1:])), signed.size, signed.root, old.size, old.root))
}

// open verifies a checkpoint as of c2sp.org/tlog-checkpoint.
func open(text string) tree {
	opened, err := note.Open([]byte(text), verifiers)
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if lines[0] != opened.Sigs[0].Name {
		check(fmt.Errorf("a checkpoint of %s, signed by %s", lines[0], opened.Sigs[0].Name))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return tree{size, root}
}

func parseHashes(lines []string) []tlog.Hash {
	hashes := make([]tlog.Hash, len(lines))
	for i, line := range lines {
		hash, err := tlog.ParseHash(line)
		check(err)
		hashes[i] = hash
	}
	return hashes
}

func read(path ...string) string {
	data, err := os.ReadFile(filepath.Join(path...))
	check(err)
	return string(data)
}

func glob(folder, pattern string) []string {
	paths, err := filepath.Glob(filepath.Join(folder, pattern))
	check(err)
	return paths
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
