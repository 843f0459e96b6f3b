package messaging

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/capability/messaging"
)

// DefaultURI is where a server of NATS is looked for if nothing is said.
const DefaultURI = "nats://127.0.0.1:4222"

// The defaults of Values.
const (
	DefaultInFlight   = 75
	DefaultMaxDeliver = 5
	DefaultRetry      = time.Second
	DefaultAckWait    = 30 * time.Second
)

// Values are what the values of a link say, and those of its provider where the link is silent. The names are in capitals or
// small letters; the first four are those of wasmCloud's provider:
//
//	subscription           what the actor gets: subjects with commas between, each with |queue behind it if it is shared
//	uri                    where the servers are, with commas between: nats://127.0.0.1:4222 if nothing is said
//	client_jwt, client_seed  credentials; a seed alone is that of an nkey
//	creds                  the file of credentials, in their place
//	ca                     the file of the authority that has signed the server's certificate
//	inbox                  what subjects of answers begin with: _INBOX if nothing is said
//	stream                 the stream of JetStream that the subscriptions are of, in the place of subjects alone
//	durable                its consumer, made if it is not there, which nodes of the same durable share: the first queue of the
//	                       subscriptions if nothing is said, or else one with the names of provider, actor and link
//	max_deliver            how often a message of a stream is given to an actor that fails: 5
//	retry_ms               how long the first of these waits, those behind it twice as long each: 1000
//	ack_wait_ms            how long the server waits for a sign of life before a message comes again: 30000
//	in_flight              how many messages are on their way at once: 75
//	publish_ack            true: what is published must be taken by a stream, and waits until it is; it has no replyTo then
//	publish, request       see package capability/messaging
//
// The names of the years behind 2022, auth_jwt, auth_seed and cluster_uris (a list in JSON), mean the same, and ping_interval_sec
// is known and means nothing.
type Values struct {
	URIs          []string
	JWT, Seed     string // secret
	Creds         string
	CA            string
	Inbox         string
	Subscriptions []Subscription
	Stream        string
	Durable       string
	MaxDeliver    int
	Retry         time.Duration
	AckWait       time.Duration
	InFlight      int
	PublishAck    bool
	// Unknown are names that mean nothing here, sorted.
	Unknown []string
}

// A Subscription is a subject, with wildcards, and the queue that shares what comes; empty for none.
type Subscription struct{ Subject, Queue string }

// ParseValues reads the values of a link and of its provider. The error says which is wrong, and what would be right; it shows no
// value that may be secret.
func ParseValues(link, provider map[string]string) (*Values, error) {
	v := &Values{URIs: []string{DefaultURI}, MaxDeliver: DefaultMaxDeliver, Retry: DefaultRetry, AckWait: DefaultAckWait, InFlight: DefaultInFlight}
	for _, given := range []map[string]string{provider, link} {
		if err := v.take(given); err != nil {
			return nil, err
		}
	}
	slices.Sort(v.Unknown)
	v.Unknown = slices.Compact(v.Unknown)
	return v, v.check()
}

func (v *Values) take(given map[string]string) error {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		key := strings.ToLower(strings.TrimSpace(name))
		if seen[key] {
			return fmt.Errorf("the value %s is there twice, in capitals and in small letters", key)
		}
		seen[key] = true
		if err := v.set(key, strings.TrimSpace(given[name])); err != nil {
			return err
		}
	}
	return nil
}

func (v *Values) set(key, value string) (err error) {
	switch key {
	case "subscription":
		v.Subscriptions, err = parseSubscriptions(value)
	case "uri":
		v.URIs, err = parseURIs(strings.Split(value, ","))
	case "cluster_uris":
		var list []string
		if json.Unmarshal([]byte(value), &list) != nil {
			list = strings.Split(value, ",")
		}
		v.URIs, err = parseURIs(list)
	case "client_jwt", "auth_jwt":
		v.JWT = value
	case "client_seed", "auth_seed":
		v.Seed = value
	case "creds":
		v.Creds = value
	case "ca":
		v.CA = value
	case "inbox":
		v.Inbox = value
	case "stream":
		v.Stream, err = value, checkName(key, value)
	case "durable":
		v.Durable, err = value, checkName(key, value)
	case "max_deliver":
		v.MaxDeliver, err = whole(key, value, 1, 100)
	case "in_flight":
		v.InFlight, err = whole(key, value, 1, 10_000)
	case "retry_ms":
		v.Retry, err = milliseconds(key, value, 1, 3_600_000)
	case "ack_wait_ms":
		v.AckWait, err = milliseconds(key, value, 100, 3_600_000)
	case "publish_ack":
		if v.PublishAck, err = strconv.ParseBool(value); err != nil {
			err = fmt.Errorf("the value %s is true or false, and not %.40q", key, value)
		}
	case "ping_interval_sec", messaging.ValuePublish, messaging.ValueRequest:
	default:
		v.Unknown = append(v.Unknown, key)
	}
	return err
}

func (v *Values) check() error {
	switch {
	case v.Creds != "" && (v.JWT != "" || v.Seed != ""):
		return errors.New("credentials are the file creds, or client_jwt and client_seed: give one of them")
	case v.JWT != "" && v.Seed == "":
		return errors.New("client_jwt needs client_seed beside it: the seed of the user whose token it is")
	case v.Durable != "" && v.Stream == "":
		return errors.New("durable names a consumer of a stream: give the value stream, too")
	}
	if v.Seed == "" {
		return nil
	}
	if key, err := claims.ParseSeed([]byte(v.Seed)); err != nil || claims.CheckPublic(key.Public(), claims.UserKey) != nil {
		return errors.New("client_seed is no seed of a user: those begin with SU")
	}
	return nil
}

func whole(key, value string, least, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("the value %s is a number from %d to %d, and not %.40q", key, least, most, value)
	}
	return n, nil
}

func milliseconds(key, value string, least, most int) (time.Duration, error) {
	n, err := whole(key, value, least, most)
	return time.Duration(n) * time.Millisecond, err
}

// checkName refuses what cannot name a stream or a consumer.
func checkName(key, value string) error {
	if value == "" || len(value) > 255 || strings.ContainsFunc(value, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune(".*>/\\", r)
	}) {
		return fmt.Errorf("the value %s is a name without spaces and . * > / \\, and not %.80q", key, value)
	}
	return nil
}

// parseSubscriptions reads "a,b|queue".
func parseSubscriptions(text string) ([]Subscription, error) {
	var list []Subscription
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		subject, queue, shared := strings.Cut(one, "|")
		s := Subscription{strings.TrimSpace(subject), strings.TrimSpace(queue)}
		words := strings.Split(s.Subject, ".")
		bad := len(s.Subject) > messaging.MaxSubject || strings.ContainsFunc(s.Subject, unprintable)
		for i, word := range words {
			bad = bad || word == "" || word == ">" && i < len(words)-1
		}
		if bad || shared && (s.Queue == "" || len(s.Queue) > 255 || strings.ContainsFunc(s.Queue, unprintable)) {
			return nil, fmt.Errorf("the value subscription is subjects such as orders.*, each with |queue behind it if it is shared, and not %.80q", one)
		}
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list, nil
}

func unprintable(r rune) bool { return r <= ' ' || r == 0x7f || r == 0xfffd }

var schemes = []string{"nats", "tls", "ws", "wss"}

// parseURIs gives addresses without a scheme that of NATS. What is wrong is not shown: it may have a password.
func parseURIs(list []string) ([]string, error) {
	var uris []string
	for _, one := range list {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		if !strings.Contains(one, "://") {
			one = "nats://" + one
		}
		u, err := url.Parse(one)
		if err != nil || u.Hostname() == "" || !slices.Contains(schemes, u.Scheme) {
			return nil, errors.New("the value uri is addresses such as nats://127.0.0.1:4222, with commas between")
		}
		if u.Hostname() == "0.0.0.0" {
			u.Host = strings.Replace(u.Host, "0.0.0.0", "127.0.0.1", 1) // wasmCloud's default, which means this machine
		}
		uris = append(uris, u.String())
	}
	if len(uris) == 0 {
		return nil, errors.New("the value uri is empty: leave it out, or name a server such as " + DefaultURI)
	}
	return uris, nil
}

// place is where the servers are, without what is secret.
func (v *Values) place() string {
	var list []string
	for _, one := range v.URIs {
		if u, err := url.Parse(one); err == nil {
			list = append(list, u.Scheme+"://"+u.Host)
		}
	}
	return strings.Join(list, ", ")
}
