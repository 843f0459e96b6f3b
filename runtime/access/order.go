package access

import (
	"encoding/json"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/actor"
)

// An Order is what the actor can be asked for: JSON, of which one field is set. A field that is not known is refused, so
// that no restriction is dropped by a slip.
type Order struct {
	// Grant adds a grant to those of a key. Those that have ended are forgotten by the way.
	Grant *Granted `json:"grant,omitempty"`
	// Revoke takes all grants of a key away.
	Revoke *Subject `json:"revoke,omitempty"`
	// Pause lets an actor take no more messages, or changes the reason. There need not be such an actor yet.
	Pause *Pause `json:"pause,omitempty"`
	// Resume ends a pause.
	Resume *Target `json:"resume,omitempty"`
	// Found makes a key the first operator. It is for the program that has the directory open, by sudo, and once.
	Found *Subject `json:"found,omitempty"`
}

// Granted is a grant with whom it is for.
type Granted struct {
	// Subject is the public key, of the kind of claims.UserKey.
	Subject string `json:"subject"`
	// Name is what people call the holder.
	Name string      `json:"name,omitempty"`
	Role claims.Role `json:"role"`
	// Actors and As are patterns: see claims.Grant.
	Actors []string `json:"actors,omitempty"`
	As     []string `json:"as,omitempty"`
	// Until is when the grant ends, in seconds since 1970; 0 is never.
	Until int64 `json:"until,omitempty"`
}

// Subject names a public key.
type Subject struct {
	Subject string `json:"subject"`
}

// Target names an actor.
type Target struct {
	Actor actor.Address `json:"actor"`
}

// Pause says who is to be paused, and why: at most MaxReason bytes of printable text.
type Pause struct {
	Actor  actor.Address `json:"actor"`
	Reason string        `json:"reason,omitempty"`
}

// MaxReason is the greatest length of the reason of a pause, in bytes.
const MaxReason = actor.MaxKey

// Grant returns the message that adds a grant to those of a key.
func Grant(subject string, g claims.Grant) actor.Message {
	return order(Order{Grant: granted(subject, &g)})
}

// Revoke returns the message that takes all grants of a key away.
func Revoke(subject string) actor.Message { return order(Order{Revoke: &Subject{subject}}) }

// PauseActor returns the message that pauses an actor.
func PauseActor(who actor.Address, reason string) actor.Message {
	return order(Order{Pause: &Pause{who, reason}})
}

// ResumeActor returns the message that ends the pause of an actor.
func ResumeActor(who actor.Address) actor.Message { return order(Order{Resume: &Target{who}}) }

// Found returns the message that makes a key the first operator. It is one of the operator of the host.
func Found(operator string) actor.Message {
	msg := order(Order{Found: &Subject{operator}})
	msg.Kind = actor.KindSudo
	return msg
}

func order(o Order) actor.Message { return actor.Message{To: Address, Body: encode(o)} }

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // of fields that marshal always
	}
	return b
}

func granted(subject string, g *claims.Grant) *Granted {
	out := &Granted{Subject: subject, Name: g.Name, Role: g.Role, Actors: g.Actors, As: g.As}
	if !g.Until.IsZero() {
		out.Until = g.Until.Unix()
	}
	return out
}

// Grant returns g without its subject.
func (g *Granted) Grant() claims.Grant {
	out := claims.Grant{Role: g.Role, Name: g.Name, Actors: g.Actors, As: g.As}
	if g.Until != 0 {
		out.Until = time.Unix(g.Until, 0).UTC()
	}
	return out
}

// A Question is what the actor can be asked about its state: JSON, of which one field is set.
type Question struct {
	// Grants asks for the grants, sorted by key: a list of Granted. A page holds all grants of a key or none.
	Grants *Page `json:"grants,omitempty"`
	// Paused asks for the pauses, sorted by address: a list of Pause.
	Paused *Page `json:"paused,omitempty"`
}

// A Page says which part of a list is asked for.
type Page struct {
	// After is the key or the address at the end of the page before.
	After string `json:"after,omitempty"`
	// Limit is how many keys or addresses there are in a page; MaxPage if it is 0 or greater.
	Limit int `json:"limit,omitempty"`
}

// MaxPage is how many keys or addresses there are in a page at most.
const MaxPage = 256
