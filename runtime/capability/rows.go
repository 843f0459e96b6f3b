package capability

import (
	"encoding/binary"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/troupe-run/troupe/runtime/actor"
)

// The rows of Address, by the beginnings of their keys. Names and addresses are printable, so a zero byte ends them.
const (
	actorPrefix    = "a/" // then the address: an Actor
	keyPrefix      = "k/" // then a module's key: the address of who started first; then a zero byte and an address: who else has it
	aliasPrefix    = "s/" // then an alias: likewise
	providerPrefix = "p/" // then the name: a Provider
	servicePrefix  = "v/" // then a provider's key: its name
	linkPrefix     = "l/" // then actor, contract and link name, with zero bytes between: a Link
	banPrefix      = "b/" // then a key: the reason
	trustPrefix    = "t/" // then a key: an Anchor
	vouchPrefix    = "u/" // then a key: the anchors whose claims name it, sorted
	statusPrefix   = "h/" // then provider, actor and link name, with zero bytes between: a Status
	policyKey      = "y"  // a PolicyActor
	countsKey      = "n"  // counts
)

func rowKey(prefix string, name string) []byte {
	return append(append(make([]byte, 0, len(prefix)+len(name)), prefix...), name...)
}

func rowKey3(prefix, a, b, c string) []byte {
	key := append(make([]byte, 0, len(prefix)+len(a)+len(b)+len(c)+2), prefix...)
	key = append(append(key, a...), 0)
	key = append(append(key, b...), 0)
	return append(key, c...)
}

func linkKey(of actor.Address, contract, name string) []byte {
	return rowKey3(linkPrefix, string(of), contract, name)
}

// linksOf begins the keys of all links of an actor.
func linksOf(who string) []byte { return append(rowKey(linkPrefix, who), 0) }

func statusKey(provider string, who actor.Address, link string) []byte {
	return rowKey3(statusPrefix, provider, string(who), link)
}

// counts say how many rows there are of what the hot path would else look for in vain.
type counts struct{ links, providers, actors, bans, anchors uint64 }

func (c counts) encode() []byte {
	b := make([]byte, 0, 10)
	for _, n := range [...]uint64{c.links, c.providers, c.actors, c.bans, c.anchors} {
		b = binary.AppendUvarint(b, n)
	}
	return b
}

// decodeCounts takes what cannot be read for bans and anchors: then the rows themselves are looked at.
func decodeCounts(b []byte) counts {
	var c counts
	if len(b) == 0 {
		return c // nothing was ever ordered
	}
	for _, n := range [...]*uint64{&c.links, &c.providers, &c.actors, &c.bans, &c.anchors} {
		value, size := binary.Uvarint(b)
		if size <= 0 {
			return counts{bans: 1, anchors: 1}
		}
		*n, b = value, b[size:]
	}
	return c
}

// The modes are built once and are immutable from then on.
var (
	encMode = newEncoding()
	decMode = newDecoding()
)

func newEncoding() cbor.EncMode {
	o := cbor.CoreDetEncOptions()
	o.TagsMd = cbor.TagsForbidden
	mode, err := o.EncMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return mode
}

func newDecoding() cbor.DecMode {
	o := cbor.DecOptions{
		DupMapKey:       cbor.DupMapKeyEnforcedAPF,
		IndefLength:     cbor.IndefLengthForbidden,
		TagsMd:          cbor.TagsForbidden,
		MaxNestedLevels: 8,
	}
	mode, err := o.DecMode()
	if err != nil {
		panic(err) // the options are constants
	}
	return mode
}

func encodeRow(v any) []byte {
	b, err := encMode.Marshal(v)
	if err != nil {
		panic(err) // of types that marshal always
	}
	return b
}

// actorRow is an Actor as it is stored. Fields may be added, with numbers of their own.
type actorRow struct {
	Address   string   `cbor:"1,keyasint"`
	Key       string   `cbor:"2,keyasint"`
	Issuer    string   `cbor:"3,keyasint"`
	Hash      string   `cbor:"4,keyasint,omitempty"`
	Name      string   `cbor:"5,keyasint,omitempty"`
	Alias     string   `cbor:"6,keyasint,omitempty"`
	Caps      []string `cbor:"7,keyasint,omitempty"`
	Tags      []string `cbor:"8,keyasint,omitempty"`
	Revision  int32    `cbor:"9,keyasint,omitempty"`
	Version   string   `cbor:"10,keyasint,omitempty"`
	Issued    int64    `cbor:"11,keyasint,omitempty"`
	Expires   int64    `cbor:"12,keyasint,omitempty"`
	NotBefore int64    `cbor:"13,keyasint,omitempty"`
	Instances int      `cbor:"14,keyasint,omitempty"`
	Started   uint64   `cbor:"15,keyasint,omitempty"`
}

// Encode returns a as a row.
func (a *Actor) Encode() []byte {
	return encodeRow(&actorRow{string(a.Address), a.Key, a.Issuer, a.Hash, a.Name, a.Alias, a.Caps, a.Tags, a.Revision, a.Version,
		seconds(a.Issued), seconds(a.Expires), seconds(a.NotBefore), a.Instances, a.Started})
}

// DecodeActor is the inverse of Encode.
func DecodeActor(b []byte) (*Actor, error) {
	var r actorRow
	if err := decMode.Unmarshal(b, &r); err != nil {
		return nil, err
	}
	return &Actor{actor.Address(r.Address), r.Key, r.Issuer, r.Hash, r.Name, r.Alias, list(r.Caps), list(r.Tags), r.Revision, r.Version,
		moment(r.Issued), moment(r.Expires), moment(r.NotBefore), r.Instances, r.Started}, nil
}

// seconds returns 0 for the zero time.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func moment(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

// list is nil if it is empty, as what Encode leaves out.
func list(l []string) []string {
	if len(l) == 0 {
		return nil
	}
	return l
}

func values(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	return m
}

type providerRow struct {
	Name     string            `cbor:"1,keyasint"`
	Address  string            `cbor:"2,keyasint"`
	Contract string            `cbor:"3,keyasint"`
	Kind     string            `cbor:"4,keyasint"`
	Key      string            `cbor:"5,keyasint,omitempty"`
	Config   map[string]string `cbor:"6,keyasint,omitempty"`
	Plain    bool              `cbor:"7,keyasint,omitempty"`
	Started  uint64            `cbor:"8,keyasint,omitempty"`
}

// Encode returns p as a row.
func (p *Provider) Encode() []byte {
	return encodeRow(&providerRow{p.Name, string(p.Address), p.Contract, p.Kind, p.Key, p.Config, p.Plain, p.Started})
}

// DecodeProvider is the inverse of Encode.
func DecodeProvider(b []byte) (*Provider, error) {
	var r providerRow
	if err := decMode.Unmarshal(b, &r); err != nil {
		return nil, err
	}
	return &Provider{r.Name, actor.Address(r.Address), r.Contract, r.Kind, r.Key, values(r.Config), r.Plain, r.Started}, nil
}

type linkRow struct {
	Actor    string            `cbor:"1,keyasint"`
	Contract string            `cbor:"2,keyasint"`
	Name     string            `cbor:"3,keyasint"`
	Provider string            `cbor:"4,keyasint"`
	Values   map[string]string `cbor:"5,keyasint,omitempty"`
	Since    uint64            `cbor:"6,keyasint,omitempty"`
}

// Encode returns l as a row.
func (l *Link) Encode() []byte {
	return encodeRow(&linkRow{string(l.Actor), l.Contract, l.Name, l.Provider, l.Values, l.Since})
}

// DecodeLink is the inverse of Encode.
func DecodeLink(b []byte) (*Link, error) {
	var r linkRow
	if err := decMode.Unmarshal(b, &r); err != nil {
		return nil, err
	}
	return &Link{actor.Address(r.Actor), r.Contract, r.Name, r.Provider, values(r.Values), r.Since}, nil
}
