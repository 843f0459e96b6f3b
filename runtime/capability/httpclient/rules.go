package httpclient

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Rules are what the values of a link, or of its provider where the link is silent, allow:
//
//	allow         patterns of scheme://host or scheme://host:port, separated by commas or blanks: nothing is allowed if there are
//	              none. The host may be a name, an address, or *.name for every name below it; the port may be *
//	methods       the methods that may be used, likewise: all if nothing is said
//	private       true: hosts may be on this machine or on a private network
//	timeout_ms    how long an answer may take: 10000, at most 60000
//	max_request   the bytes of a body that is sent, max_response of one that comes: 1048576
//	redirects     how many redirects are followed: 0, at most 10. Otherwise the actor gets the redirect
type Rules struct {
	Allow       []Pattern `cbor:"1,keyasint"`
	Methods     []string  `cbor:"2,keyasint,omitempty"`
	Private     bool      `cbor:"3,keyasint,omitempty"`
	TimeoutMS   int       `cbor:"4,keyasint"`
	MaxRequest  int       `cbor:"5,keyasint"`
	MaxResponse int       `cbor:"6,keyasint"`
	Redirects   int       `cbor:"7,keyasint,omitempty"`
}

// A Pattern is a part of the world that may be reached.
type Pattern struct {
	Scheme string `cbor:"1,keyasint"`
	// Host is in small letters; one that begins with "*." stands for all names below the rest.
	Host string `cbor:"2,keyasint"`
	// Port is 0 for all.
	Port uint16 `cbor:"3,keyasint,omitempty"`
}

// The bounds of Rules.
const (
	maxPatterns = 100
	maxBytes    = 16 << 20
)

// Timeout is how long an answer may take.
func (r *Rules) Timeout() time.Duration { return time.Duration(r.TimeoutMS) * time.Millisecond }

// names are those of the values, sorted.
const names = "allow, max_request, max_response, methods, private, redirects, timeout_ms"

// checkNames refuses values that mean nothing, or two things: one that is misspelled, such as METHOD, would else allow everything.
// The text depends on the names alone.
func checkNames(values map[string]string) error {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		small := strings.ToLower(strings.TrimSpace(name))
		switch {
		case !slices.Contains(strings.Split(names, ", "), small):
			return fmt.Errorf("%.40q means nothing: there are %s", name, names)
		case seen[small]:
			return fmt.Errorf("%s is there twice, in capitals and in small letters: leave one of them", small)
		}
		seen[small] = true
	}
	return nil
}

// ParseRules reads values by their names. The text of an error says which is wrong, and what would be right; it depends on the
// values alone.
func ParseRules(value func(name string) (string, bool)) (*Rules, error) {
	r := &Rules{TimeoutMS: 10_000, MaxRequest: 1 << 20, MaxResponse: 1 << 20}
	list, _ := value("allow")
	for _, text := range words(list) {
		p, err := parsePattern(text)
		if err != nil {
			return nil, err
		}
		if r.Allow = append(r.Allow, p); len(r.Allow) > maxPatterns {
			return nil, fmt.Errorf("allow has more than %d patterns", maxPatterns)
		}
	}
	list, _ = value("methods")
	for _, method := range words(list) {
		r.Methods = append(r.Methods, strings.ToUpper(method))
	}
	if text, ok := value("private"); ok {
		switch strings.ToLower(strings.TrimSpace(text)) {
		case "true":
			r.Private = true
		case "false", "":
		default:
			return nil, errors.New("private is true or false")
		}
	}
	for _, number := range [...]struct {
		name            string
		to              *int
		least, greatest int
	}{
		{"timeout_ms", &r.TimeoutMS, 1, 60_000},
		{"max_request", &r.MaxRequest, 0, maxBytes},
		{"max_response", &r.MaxResponse, 0, maxBytes},
		{"redirects", &r.Redirects, 0, 10},
	} {
		text, ok := value(number.name)
		if !ok {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < number.least || n > number.greatest {
			return nil, fmt.Errorf("%s is a number from %d to %d", number.name, number.least, number.greatest)
		}
		*number.to = n
	}
	return r, nil
}

func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}

func parsePattern(text string) (Pattern, error) {
	wrong := fmt.Errorf("allow has %.100q: a pattern is scheme://host or scheme://host:port, such as https://api.example.org, https://*.example.org or http://127.0.0.1:*", text)
	scheme, rest, ok := strings.Cut(strings.ToLower(text), "://")
	if !ok || scheme != "http" && scheme != "https" {
		return Pattern{}, wrong
	}
	p := Pattern{Scheme: scheme, Host: strings.TrimSuffix(rest, "/"), Port: defaultPort(scheme)}
	if at := strings.LastIndexByte(p.Host, ':'); at >= 0 && !strings.HasSuffix(p.Host, "]") {
		host, port := p.Host[:at], p.Host[at+1:]
		p.Host, p.Port = host, 0
		if port != "*" {
			n, err := strconv.ParseUint(port, 10, 16)
			if err != nil || n == 0 {
				return Pattern{}, wrong
			}
			p.Port = uint16(n)
		}
	}
	if name := strings.TrimPrefix(p.Host, "*."); !isHost(name) {
		return Pattern{}, wrong
	}
	p.Host = strings.TrimSuffix(p.Host, ".")
	return p, nil
}

// isHost reports whether a text can be a name or an address: [::1] for one of IPv6.
func isHost(text string) bool {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		at, err := netip.ParseAddr(inner)
		return ok && err == nil && at.Is6() && at.Zone() == ""
	}
	return text != "" && len(text) <= 253 && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
	})
}

func defaultPort(scheme string) uint16 {
	if scheme == "https" {
		return 443
	}
	return 80
}

// checkMethod judges a method.
func (r *Rules) checkMethod(method string) error {
	if len(r.Methods) == 0 || slices.Contains(r.Methods, method) {
		return nil
	}
	return fmt.Errorf("the method %s is not allowed by the link: put it with methods=%s", method, strings.Join(append(slices.Clone(r.Methods), method), ","))
}

// check judges a URL. The text of an error depends on the rules and the URL alone.
func (r *Rules) check(u *url.URL) error {
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if scheme != "http" && scheme != "https" || host == "" || u.Opaque != "" {
		return errors.New("a URL is http or https, and has a host")
	}
	if u.User != nil {
		return errors.New("a URL has no user and no password: say who asks in a header")
	}
	port := defaultPort(scheme)
	if text := u.Port(); text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 {
			return errors.New("the URL has a port that is none")
		}
		port = uint16(n)
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	for _, p := range r.Allow {
		if p.Scheme == scheme && (p.Port == 0 || p.Port == port) && p.fits(host) {
			return nil
		}
	}
	return fmt.Errorf("%s://%s:%d is not allowed by the link: put it with allow=%s://%s", scheme, host, port, scheme, host)
}

func (p *Pattern) fits(host string) bool {
	if below, ok := strings.CutPrefix(p.Host, "*"); ok {
		return strings.HasSuffix(host, below) && len(host) > len(below)
	}
	return host == p.Host
}

// public reports whether an address is one of the internet at large: of no machine, network or purpose of its own.
func public(at netip.Addr) bool {
	at = at.Unmap()
	if !at.IsValid() || !at.IsGlobalUnicast() || at.IsPrivate() || at.IsLoopback() || at.IsLinkLocalUnicast() {
		return false
	}
	for _, net := range special() {
		if net.Contains(at) {
			return false
		}
	}
	return true
}

// special are networks that are set apart, and that package netip does not know as such (RFC 6890 and those behind it).
func special() [14]netip.Prefix {
	v4 := func(a, b, c byte, bits int) netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{a, b, c}), bits)
	}
	v6 := func(a, b, c, d byte, bits int) netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom16([16]byte{a, b, c, d}), bits)
	}
	return [...]netip.Prefix{
		v4(0, 0, 0, 8),                 // this network
		v4(100, 64, 0, 10),             // shared by carriers
		v4(192, 0, 0, 24),              // protocol assignments
		v4(192, 0, 2, 24),              // documentation
		v4(198, 18, 0, 15),             // benchmarks
		v4(198, 51, 100, 24),           // documentation
		v4(203, 0, 113, 24),            // documentation
		v4(240, 0, 0, 4),               // reserved
		v6(0, 0, 0, 0, 7),              // IPv4 in other forms, discard
		v6(0x20, 0x01, 0x0d, 0xb8, 32), // documentation
		v6(0x20, 0x01, 0, 0, 23),       // tunnels and protocol assignments
		v6(0x20, 0x02, 0, 0, 16),       // tunnels into IPv4
		v6(0x3f, 0xff, 0, 0, 20),       // documentation
		v6(0xfe, 0xc0, 0, 0, 10),       // of a site
	}
}
