package claims

import (
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nkeys"
)

// A Role is what a grant allows. Each includes those below it: Reader < Caller < Deployer < Operator.
type Role string

// The roles.
const (
	Reader   Role = "reader"   // reads state, transactions and events
	Caller   Role = "caller"   // sends messages
	Deployer Role = "deployer" // installs modules, makes and migrates actors
	Operator Role = "operator" // grants and revokes, pauses and resumes, makes backups
)

// Roles returns all of them, the least first.
func Roles() []Role { return []Role{Reader, Caller, Deployer, Operator} }

// ParseRole returns the role of that name.
func ParseRole(name string) (Role, error) {
	if r := Role(name); r.rank() > 0 {
		return r, nil
	}
	return "", fmt.Errorf("claims: %.40q is not a role: there are reader, caller, deployer and operator", name)
}

// rank is 0 for what is not a role.
func (r Role) rank() int {
	switch r {
	case Reader:
		return 1
	case Caller:
		return 2
	case Deployer:
		return 3
	case Operator:
		return 4
	}
	return 0
}

// Includes reports whether who has the role r may do what needs the other. What is not a role includes nothing, and
// nothing includes it.
func (r Role) Includes(other Role) bool { return other.rank() > 0 && r.rank() >= other.rank() }

// Bounds of grants.
const (
	MaxGrants   = 64 // of one subject
	MaxPatterns = 64 // of actors, and of names, in one grant
)

// Everything is what a request is about that is about all actors, so that a grant for some does not allow it.
const Everything = "*"

// reserved begins the names that belong to the system.
const reserved = "troupe."

// A Grant allows its subject, the holder of a key, something.
type Grant struct {
	Role Role
	// Name is what people call the holder; at most 64 bytes, may be empty.
	Name string
	// Actors are the addresses that the grant is about; a pattern ends in "*". None means all.
	Actors []string
	// As are the plain names that the subject may act as; a pattern ends in "*". An operator may act as any.
	As []string
	// Until is when the grant ends, to the second; zero is never.
	Until time.Time
}

// Validate returns nil if g can be kept, else a *Refusal that says what is wrong.
func (g *Grant) Validate() error {
	if refusal := g.valid(); refusal != nil {
		return refusal
	}
	return nil
}

func (g *Grant) valid() *Refusal {
	if g.Role.rank() == 0 {
		return refuse(Malformed, "%.40q is not a role: there are reader, caller, deployer and operator", string(g.Role))
	}
	if refusal := checkText("name of a holder", g.Name, maxWord); refusal != nil {
		return refusal
	}
	if refusal := checkPatterns("actors", g.Actors, MaxPatterns); refusal != nil {
		return refusal
	}
	if refusal := checkPatterns("names", g.As, MaxPatterns); refusal != nil {
		return refusal
	}
	if s := g.Until.Unix(); !g.Until.IsZero() && (s <= 0 || s > maxSeconds) {
		return refuse(Malformed, "a grant ends before 1970 or behind the year 9999")
	}
	return nil
}

// Active reports whether the grant has not ended.
func (g *Grant) Active(now time.Time) bool { return g.Until.IsZero() || now.Before(g.Until) }

// String tells what the grant allows: "caller on bank, account/* as alice until 2027-01-02T03:04:05Z".
func (g Grant) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s", string(g.Role), list(g.Actors))
	if len(g.As) > 0 {
		fmt.Fprintf(&b, " as %s", list(g.As))
	}
	if !g.Until.IsZero() {
		fmt.Fprintf(&b, " until %s", g.Until.UTC().Format(time.RFC3339))
	}
	return b.String()
}

// A Request is what a decision is about.
type Request struct {
	Role  Role   // the least role that is needed
	Actor string // the actor that it is about: empty if none in particular, Everything if all
	As    string // the plain name to act as, empty for the key itself
	Now   time.Time
	// Subject is the key whose grants they are. It is for the text of a refusal only, and may be empty.
	Subject string
}

// Decide returns nil if one of the grants, which are those of the subject, allows all of the request; else a *Refusal
// with Forbidden that says what is missing. Its text is a function of its arguments alone.
func Decide(grants []Grant, r Request) error {
	if refusal := decide(grants, r); refusal != nil {
		return refusal
	}
	return nil
}

func decide(grants []Grant, r Request) *Refusal {
	if r.Role.rank() == 0 {
		return refuse(Forbidden, "%.40q is not a role: nobody has it", string(r.Role))
	}
	if refusal := checkAs(r.As); refusal != nil {
		return refusal
	}
	var closest *Grant
	best := -1
	for i := range grants {
		g := &grants[i]
		met := g.meets(&r)
		if met == allMet {
			return nil
		}
		if met > best {
			closest, best = g, met
		}
	}
	who := "this key"
	if r.Subject != "" {
		who = printable(Short(r.Subject))
	}
	switch {
	case closest == nil:
		return refuse(Forbidden, "%s has no grant, and needs one of %s: ask an operator", who, needed(&r))
	case best == 0:
		return refuse(Forbidden, "the grant of %s has ended: it was %s, and %s is needed: ask an operator to renew it", who, closest, needed(&r))
	default:
		return refuse(Forbidden, "the grant of %s is %s, and %s is needed: ask an operator", who, closest, needed(&r))
	}
}

// allMet is what meets returns if a grant allows the request.
const allMet = 4

// meets counts the conditions that the grant meets, in the order in which they are told, up to the first that it does
// not.
func (g *Grant) meets(r *Request) int {
	switch {
	case !g.Active(r.Now):
		return 0
	case !g.Role.Includes(r.Role):
		return 1
	case r.Actor != "" && !covers(g.Actors, r.Actor):
		return 2
	case r.As != "" && g.Role != Operator && (len(g.As) == 0 || !covers(g.As, r.As)):
		return 3
	}
	return allMet
}

// checkAs refuses names that no grant can allow: those of the system, and keys, whose names only their holders have.
func checkAs(as string) *Refusal {
	switch {
	case as == "":
		return nil
	case strings.HasPrefix(as, reserved):
		return refuse(Forbidden, "nobody can act as %.60q: names that begin with %q belong to the system", as, reserved)
	case nkeys.IsValidPublicKey(as):
		return refuse(Forbidden, "nobody can act as the key %.60q but its holder: use that key", as)
	}
	return nil
}

// needed says what a request needs, in the words of Grant.String.
func needed(r *Request) string {
	s := string(r.Role)
	if r.Actor != "" {
		s += " on " + about(r.Actor)
	}
	if r.As != "" {
		s += fmt.Sprintf(" as %.60q", r.As)
	}
	return s
}

func about(actor string) string {
	if actor == Everything {
		return "all actors"
	}
	return fmt.Sprintf("%.100q", actor)
}

// list names patterns, the first few of them.
func list(patterns []string) string {
	const shown = 4
	if len(patterns) == 0 {
		return "all actors"
	}
	var quoted []string
	for _, p := range patterns[:min(len(patterns), shown)] {
		quoted = append(quoted, fmt.Sprintf("%.60q", p))
	}
	if more := len(patterns) - shown; more > 0 {
		quoted = append(quoted, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(quoted, ", ")
}

type grantWire struct {
	_      struct{} `cbor:",toarray"`
	Role   Role
	Name   string
	Actors []string
	As     []string
	Until  uint64 // seconds since 1970; 0 is never
}

// EncodeGrants returns the grants of one subject as one value: CBOR in core deterministic encoding, an array of
// [role tstr, name tstr, actors [tstr…], as [tstr…], until uint]. It refuses what DecodeGrants would.
func EncodeGrants(grants []Grant) ([]byte, error) {
	if len(grants) > MaxGrants {
		return nil, refuse(TooLarge, "%d grants of one key: at most %d", len(grants), MaxGrants)
	}
	wire := make([]grantWire, len(grants))
	for i := range grants {
		g := &grants[i]
		if refusal := g.valid(); refusal != nil {
			return nil, refusal
		}
		wire[i] = grantWire{Role: g.Role, Name: g.Name, Actors: g.Actors, As: g.As}
		if !g.Until.IsZero() {
			wire[i].Until = uint64(g.Until.Unix())
		}
	}
	return encMode.Marshal(wire)
}

// DecodeGrants returns what EncodeGrants was given, with times in UTC and without fractions of seconds, or a *Refusal.
func DecodeGrants(b []byte) ([]Grant, error) {
	var wire []grantWire
	if err := decodeExact(b, &wire); err != nil {
		return nil, refuse(Malformed, "the grants are malformed: %v", err)
	}
	if len(wire) > MaxGrants {
		return nil, refuse(TooLarge, "%d grants of one key: at most %d", len(wire), MaxGrants)
	}
	grants := make([]Grant, len(wire))
	for i, w := range wire {
		if w.Until > maxSeconds {
			return nil, refuse(Malformed, "the grants are malformed: one ends behind the year 9999")
		}
		grants[i] = Grant{Role: w.Role, Name: w.Name, Actors: orNil(w.Actors), As: orNil(w.As)}
		if w.Until > 0 {
			grants[i].Until = time.Unix(int64(w.Until), 0).UTC()
		}
		if refusal := grants[i].valid(); refusal != nil {
			return nil, refusal
		}
	}
	return grants, nil
}

// orNil gives an empty list its usual form.
func orNil(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}
