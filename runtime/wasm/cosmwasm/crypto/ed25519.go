package crypto

import (
	"crypto/ed25519"

	"github.com/hdevalence/ed25519consensus"
)

var (
	errEd25519Signature = &Error{CodeSignatureFormat, "an Ed25519 signature has 64 bytes"}
	errEd25519Pubkey    = &Error{CodePubkeyFormat, "an Ed25519 public key has 32 bytes"}
	errBatch            = &Error{CodeBatch, "a batch has as many messages and keys as signatures; one message, or one key, may stand for all"}
)

// Ed25519Verify reports whether sig, 64 bytes, is a signature of msg under pubkey, 32 bytes, by the rules of ZIP-215: s is
// below the order of the group, points may be encoded in any way and may be of small order, and the equation is multiplied
// by the cofactor. A key that is no point has no valid signatures; it is not an error.
//
// Codes: 4 and 5.
func Ed25519Verify(msg, sig, pubkey []byte) (bool, error) {
	if err := checkEd25519(sig, pubkey); err != nil {
		return false, err
	}
	return ed25519consensus.Verify(pubkey, msg, sig), nil
}

// Ed25519BatchVerify reports whether all signatures are valid, as Ed25519Verify would find them one by one. There are as
// many messages, signatures and keys; or one message, signed with all keys; or one key, that signed all messages. No
// signatures are valid signatures.
//
// Codes: 7; 4 and 5 for the first signature or key of a wrong length.
func Ed25519BatchVerify(msgs, sigs, pubkeys [][]byte) (bool, error) {
	n := len(sigs)
	switch {
	case len(msgs) == n && len(pubkeys) == n:
	case len(msgs) == 1 && len(pubkeys) == n:
	case len(msgs) == n && len(pubkeys) == 1:
	default:
		return false, errBatch
	}
	for i := range n {
		if err := checkEd25519(sigs[i], of(pubkeys, i)); err != nil {
			return false, err
		}
	}
	if n == 0 {
		return true, nil
	}
	batch := ed25519consensus.NewPreallocatedBatchVerifier(n)
	for i := range n {
		batch.Add(of(pubkeys, i), of(msgs, i), sigs[i])
	}
	return batch.Verify(), nil
}

// of returns item i of a list in which a single one stands for all.
func of(list [][]byte, i int) []byte {
	if len(list) == 1 {
		return list[0]
	}
	return list[i]
}

func checkEd25519(sig, pubkey []byte) error {
	if len(sig) != ed25519.SignatureSize {
		return errEd25519Signature
	}
	if len(pubkey) != ed25519.PublicKeySize {
		return errEd25519Pubkey
	}
	return nil
}
