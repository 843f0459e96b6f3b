package claims

import (
	"fmt"
	"time"

	"github.com/nats-io/nkeys"
)

// An Account is what the token of an account or an operator says: which other keys sign for it. A module is issued by an
// account, an account by an operator.
//
// The token is a JWT of wascap, as that of a Module; in "wascap" are name and valid_signers.
type Account struct {
	// Subject is the public key that it is about, "A…" or "O…", and Issuer that which has signed it: an operator, or the
	// subject itself.
	Subject, Issuer            string
	ID                         string
	Issued, Expires, NotBefore time.Time // as in Module
	Name                       string
	// ValidSigners are other keys of the same kind that sign for the subject: an account's modules, an operator's accounts.
	ValidSigners []string
}

// ReadAccountToken returns what the token of an account or operator says, if its form is right and its issuer has signed
// it, else a *Refusal.
func ReadAccountToken(token string) (Account, error) {
	a, refusal := readAccountToken(token)
	if refusal != nil {
		return Account{}, refusal
	}
	return a, nil
}

func readAccountToken(token string) (Account, *Refusal) {
	w, refusal := openWascap("an account or operator", token, OperatorKey, AccountKey)
	if refusal != nil {
		return Account{}, refusal
	}
	return parseAccount(w)
}

// parseAccount returns what claims say, whoever has signed them.
func parseAccount(w wascap) (Account, *Refusal) {
	a := Account{Subject: w.Subject, Issuer: w.Issuer, ID: w.ID, Issued: w.Issued, Expires: w.Expires, NotBefore: w.NotBefore}
	if err := w.own.takeKnown(field{"name", &a.Name}, field{"valid_signers", &a.ValidSigners}); err != nil {
		return Account{}, refuse(Malformed, "the token of an account or operator is malformed: in its member \"wascap\", %v", err)
	}
	if refusal := a.valid(); refusal != nil {
		return Account{}, refusal
	}
	return a, nil
}

// Kind returns the kind of the subject: AccountKey or OperatorKey.
func (a *Account) Kind() nkeys.PrefixByte {
	if CheckPublic(a.Subject, OperatorKey) == nil {
		return OperatorKey
	}
	return AccountKey
}

func (a *Account) valid() *Refusal {
	kind := a.Kind()
	if refusal := checkKey("subject of a token", a.Subject, kind); refusal != nil {
		return refusal
	}
	if a.Issuer != a.Subject {
		if refusal := checkKey("issuer of the token of "+Short(a.Subject), a.Issuer, OperatorKey); refusal != nil {
			return refusal
		}
	}
	if refusal := checkText("name of an account", a.Name, maxName); refusal != nil {
		return refusal
	}
	if len(a.ValidSigners) > maxEntries {
		return refuse(TooLarge, "%d signers of %s: at most %d", len(a.ValidSigners), Short(a.Subject), maxEntries)
	}
	for _, signer := range a.ValidSigners {
		if refusal := checkKey("signer for "+Short(a.Subject), signer, kind); refusal != nil {
			return refusal
		}
	}
	return nil
}

// Check returns nil if now is the time of the token, else a *Refusal for Stale or Early.
func (a *Account) Check(now time.Time) error {
	return checkTime(Short(a.Subject), a.NotBefore, a.Expires, now)
}

// SignAccount returns the text of a token of a, which the issuer's key signs: that of an operator, or the subject's own.
// What a leaves out is filled in, as by SignModule; Issuer follows from the key.
func SignAccount(issuer Key, a Account) (string, error) {
	w := wascap{ID: a.ID, Issuer: issuer.Public(), Subject: a.Subject, Issued: a.Issued, Expires: a.Expires, NotBefore: a.NotBefore}
	if err := w.fill(); err != nil {
		return "", err
	}
	a.Issuer = w.Issuer
	refusal := a.valid()
	if refusal == nil {
		refusal = w.valid(Short(a.Subject))
	}
	if refusal != nil {
		return "", fmt.Errorf("claims: the token cannot be signed: %w", refusal)
	}
	return w.sign(issuer, struct {
		Name    string   `json:"name"`
		Signers []string `json:"valid_signers"`
	}{a.Name, some(a.ValidSigners)})
}
