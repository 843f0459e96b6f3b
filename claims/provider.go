package claims

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// A Provider is what the token of a provider's archive says. It is a JWT of wascap, as that of a Module; in "wascap" are name,
// capid, vendor, rev, ver, target_hashes and config_schema.
type Provider struct {
	// Subject is the public key of the provider, "V…", Issuer that of the account which has signed the token, "A…".
	Subject, Issuer            string
	ID                         string
	Issued, Expires, NotBefore time.Time // as in Module
	Name                       string
	Contract, Vendor           string
	Revision                   int32
	Version                    string
	// Targets are the hashes of its programs, as in Module, by "<architecture>-<system>".
	Targets map[string]string
}

// ReadProviderToken returns what the token of a provider says, if its form is right and its issuer has signed it, else a
// *Refusal. It does not see the programs: see OpenArchive.
func ReadProviderToken(token string) (Provider, error) {
	p, refusal := readProviderToken(token)
	if refusal != nil {
		return Provider{}, refusal
	}
	return p, nil
}

func readProviderToken(token string) (Provider, *Refusal) {
	w, refusal := openWascap("a provider", token, AccountKey)
	if refusal != nil {
		return Provider{}, refusal
	}
	return parseProvider(w)
}

// parseProvider returns what claims say, whoever has signed them.
func parseProvider(w wascap) (Provider, *Refusal) {
	p := Provider{Subject: w.Subject, Issuer: w.Issuer, ID: w.ID, Issued: w.Issued, Expires: w.Expires, NotBefore: w.NotBefore, Targets: map[string]string{}}
	revision, targets := int64(0), object{}
	if err := w.own.takeKnown(field{"name", &p.Name}, field{"capid", &p.Contract}, field{"vendor", &p.Vendor}, field{"rev", &revision},
		field{"ver", &p.Version}, field{"target_hashes", &targets}); err != nil {
		return Provider{}, refuse(Malformed, "the token of a provider is malformed: in its member \"wascap\", %v", err)
	}
	p.Revision = int32(revision)
	if int64(p.Revision) != revision {
		return Provider{}, refuse(Malformed, "the token of a provider is malformed: its revision %d does not fit 32 bits", revision)
	}
	for _, target := range slices.Sorted(maps.Keys(targets)) {
		var hash string
		if err := (field{target, &hash}).read(targets[target]); err != nil {
			return Provider{}, refuse(Malformed, "the token of a provider is malformed: the hash for %.60q %v", target, err)
		}
		p.Targets[target] = hash
	}
	if refusal := p.valid(); refusal != nil {
		return Provider{}, refusal
	}
	return p, nil
}

func (p *Provider) valid() *Refusal {
	if refusal := checkKey("subject of a provider's token", p.Subject, ProviderKey); refusal != nil {
		return refusal
	}
	if refusal := checkKey("issuer of a provider's token", p.Issuer, AccountKey); refusal != nil {
		return refusal
	}
	if p.Contract == "" {
		return refuse(Malformed, "the token of the provider %s names no contract", Short(p.Subject))
	}
	for _, f := range []struct{ name, text string }{
		{"name", p.Name}, {"contract", p.Contract}, {"vendor", p.Vendor}, {"version", p.Version},
	} {
		if refusal := checkText(f.name+" of a provider", f.text, maxName); refusal != nil {
			return refusal
		}
	}
	targets := slices.Sorted(maps.Keys(p.Targets))
	for _, target := range targets {
		if !isHash(p.Targets[target]) {
			return refuse(Malformed, "in the token of the provider %s, the hash for %.60q is not of 64 capital hex digits", Short(p.Subject), target)
		}
	}
	return checkTexts("target", "targets", targets)
}

// Check returns nil if now is the time of the token, else a *Refusal for Stale or Early.
func (p *Provider) Check(now time.Time) error {
	return checkTime(Short(p.Subject), p.NotBefore, p.Expires, now)
}

// SignProvider returns the text of a token of p, which the account's key signs. What p leaves out is filled in, as by
// SignModule; Issuer follows from the key. A token that no host would take is an error.
func SignProvider(account Key, p Provider) (string, error) {
	w := wascap{ID: p.ID, Issuer: account.Public(), Subject: p.Subject, Issued: p.Issued, Expires: p.Expires, NotBefore: p.NotBefore}
	if err := w.fill(); err != nil {
		return "", err
	}
	p.Issuer = w.Issuer
	refusal := p.valid()
	if refusal == nil {
		refusal = w.valid(Short(p.Subject))
	}
	if refusal != nil {
		return "", fmt.Errorf("claims: the token cannot be signed: %w", refusal)
	}
	targets := p.Targets
	if targets == nil {
		targets = map[string]string{}
	}
	return w.sign(account, struct {
		Name     string            `json:"name"`
		Contract string            `json:"capid"`
		Vendor   string            `json:"vendor"`
		Revision int32             `json:"rev"`
		Version  string            `json:"ver,omitempty"`
		Targets  map[string]string `json:"target_hashes"`
	}{p.Name, p.Contract, p.Vendor, p.Revision, p.Version, targets})
}
