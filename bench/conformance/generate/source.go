package generate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// object is a JSON object.
type object = map[string]any

// list is a JSON array.
type list = []any

// Party is a contract that messages can name.
type Party struct{ Family, Address string }

// A Source makes random values. What it makes depends on its seed and on what it was asked before, and on nothing else.
type Source struct {
	*rand.Rand
	Users   []string // addresses without code
	Parties []Party
	Height  uint64
	Time    uint64 // ns
	Denoms  []string
	depth   int    // of messages in messages
	version string // of IBC channels of the contract that is called
}

// NewSource returns a source for a seed and a number of its own for each use of the seed.
func NewSource(seed, use uint64) *Source {
	return &Source{Rand: rand.New(rand.NewPCG(seed, use)), Denoms: []string{"ucosm", "uother", "ustake"}}
}

// chance reports true n times of 100.
func (s *Source) chance(n int) bool { return s.IntN(100) < n }

func one[T any](s *Source, of ...T) T { return of[s.IntN(len(of))] }

// user returns an address of somebody.
func (s *Source) user() string { return one(s, s.Users...) }

// party returns the address of a contract of one of the families, or of a user if there is none.
func (s *Source) party(families ...string) string {
	var of []string
	for _, p := range s.Parties {
		for _, f := range families {
			if p.Family == f {
				of = append(of, p.Address)
			}
		}
	}
	if len(of) == 0 {
		return s.user()
	}
	return one(s, of...)
}

// address returns an address of a user, of a contract, or seldom one that is none.
func (s *Source) address() string {
	switch n := s.IntN(100); {
	case n < 80 || len(s.Parties) == 0 && n < 95:
		return s.user()
	case n < 95:
		return one(s, s.Parties...).Address
	default:
		return s.wrong(s.user())
	}
}

// wrong makes an address that is refused, or nearly one.
func (s *Source) wrong(a string) string {
	switch s.IntN(10) {
	case 0:
		return strings.ToUpper(a)
	case 1:
		return ""
	case 2:
		return a[:len(a)-1]
	case 3:
		return a + "q"
	case 4:
		return "osmo" + a[strings.IndexByte(a, '1'):]
	case 5:
		return strings.Repeat("a", 250+s.IntN(14)) // V14: 256 is the longest that is read
	case 6:
		return "cosmos1" + strings.Repeat("ü", s.IntN(40))
	case 7:
		return strings.ToUpper(a[:4]) + a[4:]
	case 8:
		return strings.Repeat("q", 1+s.IntN(5))
	default:
		return " " + a
	}
}

// amount returns a number for a Uint128, as text.
func (s *Source) amount() string {
	switch n := s.IntN(100); {
	case n < 70:
		return strconv.Itoa(1 + s.IntN(1000))
	case n < 85:
		return strconv.Itoa(s.IntN(10_000_000))
	case n < 90:
		return "0"
	case n < 93:
		return "340282366920938463463374607431768211455" // 2^128-1
	case n < 95:
		return "340282366920938463463374607431768211456"
	case n < 97:
		return strconv.FormatUint(s.Uint64(), 10)
	default:
		return one(s, "-1", "", "1.5", "1e3", " 1", "0x10", "00012", strings.Repeat("9", 60))
	}
}

// some returns a value now and then, and null or nothing otherwise.
func (s *Source) some(o object, key string, value any) {
	switch s.IntN(5) {
	case 0, 1:
		o[key] = value
	case 2:
		o[key] = nil
	}
}

func (s *Source) coins() []any {
	coins := list{}
	for range s.IntN(3) {
		coins = append(coins, s.coin())
	}
	return coins
}

func (s *Source) coin() object {
	return object{"denom": one(s, s.Denoms...), "amount": strconv.Itoa(1 + s.IntN(2000))}
}

// expires is an Expiration of cw-utils.
func (s *Source) expires() object {
	switch s.IntN(4) {
	case 0:
		return object{"never": object{}}
	case 1:
		return object{"at_time": strconv.FormatUint(s.Time+uint64(s.IntN(200))*1_000_000_000-50_000_000_000, 10)}
	default:
		return object{"at_height": s.Height + uint64(s.IntN(300)) - 40}
	}
}

// duration is a Duration of cw-utils.
func (s *Source) duration() object {
	if s.chance(50) {
		return object{"time": 50 + s.IntN(3000)}
	}
	return object{"height": 10 + s.IntN(300)}
}

func (s *Source) text() string {
	switch s.IntN(8) {
	case 0:
		return ""
	case 1:
		return "päper <&> \u2028 \"quoted\" \\ \n\t\x01 🦀"
	case 2:
		return strings.Repeat("long ", s.IntN(400))
	default:
		return one(s, "one", "Two words", "GAMMA", "token", "memo: 42")
	}
}

// encoded is a message inside of a message.
func (s *Source) encoded(v any) []byte {
	if r, ok := v.(raw); ok {
		return r
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("generate: %T cannot be encoded: %v", v, err)) // maps of plain values can
	}
	return b
}

// blob is a Binary: base64 of a few bytes.
func (s *Source) blob(n int) []byte {
	b := make([]byte, s.IntN(n+1))
	for i := range b {
		b[i] = byte(s.Uint32())
	}
	return b
}

// paged adds the two fields that most lists of cw-plus have.
func (s *Source) paged(o object, after any) object {
	s.some(o, "start_after", after)
	s.some(o, "limit", one(s, 0, 1, 2, 5, 10, 30, 100))
	return o
}
