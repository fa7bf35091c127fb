// Checks C2SP tlog-proofs with golang.org/x/mod, which the checksum database of the Go language uses: notes with
// sumdb/note, paths with sumdb/tlog. Nothing of Muniment is in it but the two kinds of signature that sumdb/note leaves
// to its callers.
//
//	tlog_check PROOF LEAF KEY...
//
// LEAF is a file with the entry. KEY is a vkey, "name+hash+base64", of a log (type 1) or of a witness (type 4), all of
// which have to have signed; or entry:FILE for a proof whose note a ledger's entry vouches for. Prints index and size.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// signer is a note.Verifier for one kind of signature.
type signer struct {
	name   string
	hash   uint32
	verify func(text, signature []byte) bool
}

func (s signer) Name() string                       { return s.name }
func (s signer) KeyHash() uint32                    { return s.hash }
func (s signer) Verify(text, signature []byte) bool { return s.verify(text, signature) }

func fail(why ...any) {
	fmt.Fprintln(os.Stderr, why...)
	os.Exit(1)
}

func need[Value any](value Value, err error) Value {
	if err != nil {
		fail(err)
	}
	return value
}

func keyHash(name string, material []byte) uint32 {
	hash := sha256.Sum256(append([]byte(name+"\n"), material...))
	return binary.BigEndian.Uint32(hash[:])
}

// A witness signs the time, too: c2sp.org/tlog-cosignature.
func cosigner(name string, material []byte) note.Verifier {
	return signer{name, keyHash(name, material), func(text, signature []byte) bool {
		if len(signature) != 8+ed25519.SignatureSize {
			return false
		}
		time := binary.BigEndian.Uint64(signature)
		message := append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), text...)
		return ed25519.Verify(ed25519.PublicKey(material[1:]), message, signature[8:])
	}}
}

// A snapshot's content root stands in a ledger's entry: vault/FORMAT.md.
func vouchedBy(entry []byte, name string) note.Verifier {
	leaf := tlog.RecordHash(entry)
	return signer{name, keyHash(name, []byte("\xffmuniment/ledger-entry/v1")), func(text, signature []byte) bool {
		digest := sha256.Sum256(append(leaf[:], text...))
		return bytes.Equal(digest[:], signature)
	}}
}

func verifier(key, origin string) note.Verifier {
	if file := strings.TrimPrefix(key, "entry:"); file != key {
		return vouchedBy(need(os.ReadFile(file)), origin[:strings.LastIndex(origin, "/")])
	}
	name, rest, _ := strings.Cut(key, "+")
	_, encoded, _ := strings.Cut(rest, "+")
	material := need(base64.StdEncoding.DecodeString(encoded))
	if material[0] == 4 {
		return cosigner(name, material)
	}
	return need(note.NewVerifier(key))
}

func main() {
	text := string(need(os.ReadFile(os.Args[1])))
	leaf := need(os.ReadFile(os.Args[2]))
	head, checkpoint, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		fail("not a tlog-proof")
	}
	index := need(strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64))
	var path tlog.RecordProof
	for _, line := range lines[2:] {
		path = append(path, need(tlog.ParseHash(line)))
	}
	origin, _, _ := strings.Cut(checkpoint, "\n")
	var known []note.Verifier
	for _, key := range os.Args[3:] {
		known = append(known, verifier(key, origin))
	}
	opened := need(note.Open([]byte(checkpoint), note.VerifierList(known...)))
	if len(opened.Sigs) != len(known) {
		fail("signed by", len(opened.Sigs), "of", len(known), "keys")
	}
	tree := strings.Split(opened.Text, "\n")
	size := need(strconv.ParseInt(tree[1], 10, 64))
	root := need(tlog.ParseHash(tree[2]))
	if err := tlog.CheckRecord(path, size, root, index, tlog.RecordHash(leaf)); err != nil {
		fail(err)
	}
	fmt.Println(index, size)
}
