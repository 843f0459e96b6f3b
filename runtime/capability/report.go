package capability

import (
	"slices"
	"strings"
	"time"

	"github.com/troupe-run/troupe/runtime/actor"
)

// report keeps what the supervisor tells of a provider or of one of its links. What has gone in the meantime is passed over.
func (k *keeping) report(o *ReportOrder) error {
	switch {
	case o.Actor == "":
		o.Link = "" // it is about the provider as a whole
	case o.Link == "":
		o.Link = DefaultLink
	}
	if err := k.name("state of", o.Provider, string(o.Actor), o.Link); err != nil {
		return err
	}
	if !slices.Contains([]State{Starting, Healthy, Failed, Stopped}, o.State) {
		return actor.Errorf(CodeInvalidOrder, "%s is not a state: there are %s, %s, %s and %s", shown(string(o.State)), Starting, Healthy, Failed, Stopped)
	}
	if p, ok := k.table.Provider(o.Provider); !ok || p.Name != o.Provider {
		return nil
	}
	if o.Actor != "" && !k.linkedTo(o) {
		return nil
	}
	key := statusKey(o.Provider, o.Actor, o.Link)
	before := Status{}
	if b, ok := k.env.State.Get(key); ok {
		if s, err := decodeStatus(b); err == nil {
			before = *s
		}
	}
	s := Status{Provider: o.Provider, Actor: o.Actor, Link: o.Link, State: o.State, Reason: cut(o.Reason), Detail: cut(o.Detail),
		Since: k.env.Time, Attempts: before.Attempts}
	if s.State == before.State && s.Reason == before.Reason && s.Detail == before.Detail {
		return nil
	}
	if s.State == before.State {
		s.Since = before.Since
	}
	event := ""
	switch {
	case s.State == Failed:
		event = "provider_failed"
		s.Attempts++
	case s.State == Healthy && before.Attempts > 0:
		event = "provider_recovered"
		s.Attempts = 0
	case s.State == Healthy:
		event = "provider_healthy"
	}
	if event != "" {
		k.tell(event, "provider", s.Provider, "actor", string(s.Actor), "link", s.Link, "reason", s.Reason, "detail", s.Detail)
	}
	return k.set(key, s.encode(), "the provider "+s.Provider)
}

// linkedTo reports whether the link of a report is one to the provider.
func (k *keeping) linkedTo(o *ReportOrder) bool {
	p, _ := k.table.Provider(o.Provider)
	l, ok := k.table.Link(o.Actor, p.Contract, o.Link)
	if !ok {
		return false
	}
	to, ok := k.table.Provider(l.Provider)
	return ok && to.Name == o.Provider
}

// cut bounds a text that comes from outside, and makes it fit to be shown.
func cut(text string) string {
	if len(text) > MaxReason {
		text = text[:MaxReason]
	}
	return strings.ToValidUTF8(text, "")
}

type statusRow struct {
	Provider string `cbor:"1,keyasint"`
	Actor    string `cbor:"2,keyasint,omitempty"`
	Link     string `cbor:"3,keyasint,omitempty"`
	State    string `cbor:"4,keyasint"`
	Reason   string `cbor:"5,keyasint,omitempty"`
	Detail   string `cbor:"6,keyasint,omitempty"`
	Since    int64  `cbor:"7,keyasint"` // nanoseconds
	Attempts int    `cbor:"8,keyasint,omitempty"`
}

func (s *Status) encode() []byte {
	return encodeRow(&statusRow{s.Provider, string(s.Actor), s.Link, string(s.State), s.Reason, s.Detail, s.Since.UnixNano(), s.Attempts})
}

func decodeStatus(b []byte) (*Status, error) {
	var r statusRow
	if err := decMode.Unmarshal(b, &r); err != nil {
		return nil, err
	}
	return &Status{Provider: r.Provider, Actor: actor.Address(r.Actor), Link: r.Link, State: State(r.State), Reason: r.Reason, Detail: r.Detail,
		Since: time.Unix(0, r.Since).UTC(), Attempts: r.Attempts}, nil
}
