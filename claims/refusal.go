package claims

import "fmt"

// A Reason is the class of a Refusal.
type Reason string

// The reasons. Texts are made for people and may change; these do not.
const (
	Unsigned     Reason = "unsigned"   // there is no signature
	Malformed    Reason = "malformed"  // it has not the one form that it must have
	TooLarge     Reason = "too_large"  // it is longer than any that is right
	BadKey       Reason = "key"        // what stands for a key is none, or one of another kind
	BadAlgorithm Reason = "algorithm"  // it says that it was signed in another way
	BadSignature Reason = "signature"  // the key that it names has not signed this
	BadAudience  Reason = "audience"   // it was signed for another node
	BadOperation Reason = "operation"  // it was signed for another operation
	BadBody      Reason = "body"       // it was signed for another body
	BadLifetime  Reason = "lifetime"   // it would be valid for too long, or never
	Early        Reason = "early"      // it comes from the future
	Stale        Reason = "stale"      // its time is over, or too long ago to know whether it was seen
	Replayed     Reason = "replayed"   // this very request was admitted before
	Overloaded   Reason = "overloaded" // there is no room to remember it
	Forbidden    Reason = "forbidden"  // no grant allows it
	Nested       Reason = "nested"     // only a part of the module is signed
	Ambiguous    Reason = "ambiguous"  // it is signed more than once
	BadHash      Reason = "hash"       // another code was signed
	Untrusted    Reason = "untrusted"  // nobody who is trusted vouches for who has signed it
)

// Reasons returns all of them, for counters that are to exist before they count.
func Reasons() []Reason {
	return []Reason{Unsigned, Malformed, TooLarge, BadKey, BadAlgorithm, BadSignature, BadAudience, BadOperation, BadBody,
		BadLifetime, Early, Stale, Replayed, Overloaded, Forbidden,
		Nested, Ambiguous, BadHash, Untrusted}
}

// A Refusal is why a request, a token or a list of grants is not accepted.
type Refusal struct {
	Reason Reason
	// Text says who, what is wrong, and what to do where that is known. It is printable, whatever was refused.
	Text string
}

// Error returns the text.
func (r *Refusal) Error() string { return r.Text }

func refuse(reason Reason, format string, args ...any) *Refusal {
	return &Refusal{Reason: reason, Text: fmt.Sprintf(format, args...)}
}
