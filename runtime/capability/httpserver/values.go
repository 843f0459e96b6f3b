package httpserver

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The defaults of Values, and the greatest MaxBody.
const (
	DefaultAddress     = "127.0.0.1:8000"
	DefaultTimeout     = 30 * time.Second
	DefaultMaxBody     = 10 << 20
	DefaultMaxInFlight = 4096
	DefaultQueue       = 4096
	MaxBody            = 500 << 20
)

// Values are what the values of a link say, and those of its provider where the link is silent. The names are in capitals or
// small letters, as those of wasmCloud's provider, whose names they are:
//
//	address          where to listen, an IP address (or localhost) and a port: 127.0.0.1:8000 if nothing is said
//	port             the same, on 127.0.0.1
//	timeout_ms       how long a request may take until it is answered by 503: 30000
//	max_content_len  the bytes of a body, with k, m or g behind it for multiples of 1024: 10m, at most 500m
//	readonly_mode    true: GET and HEAD only
//	cache_control    the header Cache-Control of answers to GET and HEAD that have none
//	tls.cert_file, tls.priv_key_file   files in PEM: speak TLS. They are read again when they change
//	cors.allowed_origins, cors.allowed_methods, cors.allowed_headers, cors.exposed_headers, cors.max_age_secs
//	                 lists are separated by commas; all origins if nothing is said, as in wasmCloud
//	max_in_flight    how many requests the host has at once: 4096
//	queue            how many wait beside: 4096
//	config_file, config_b64, config_json   all of that in JSON, with objects "tls" and "cors"; each comes before those that
//	                 stand left of it, and single values come before all
type Values struct {
	Address            string
	Timeout            time.Duration
	MaxBody            int64
	ReadOnly           bool
	CacheControl       string
	CertFile, KeyFile  string
	Cors               Cors
	MaxInFlight, Queue int
	// Unknown are names that mean nothing here, sorted.
	Unknown []string
}

// ParseValues reads the values of a link and of its provider. The error says which is wrong, and what would be right.
func ParseValues(link, provider map[string]string) (*Values, error) {
	v := &Values{Address: DefaultAddress, Timeout: DefaultTimeout, MaxBody: DefaultMaxBody, MaxInFlight: DefaultMaxInFlight,
		Queue: DefaultQueue, Cors: defaultCors()}
	for _, given := range []map[string]string{provider, link} {
		if err := v.take(given); err != nil {
			return nil, err
		}
	}
	if (v.CertFile == "") != (v.KeyFile == "") {
		return nil, errors.New("TLS needs both tls.cert_file and tls.priv_key_file")
	}
	slices.Sort(v.Unknown)
	v.Unknown = slices.Compact(v.Unknown)
	return v, nil
}

func (v *Values) take(given map[string]string) error {
	small := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		key := strings.ToLower(strings.TrimSpace(name))
		if _, twice := small[key]; twice {
			return fmt.Errorf("%s is there twice, in capitals and in small letters: leave one of them", key)
		}
		small[key] = given[name]
	}
	for _, source := range [...]struct {
		name string
		read func(text string) ([]byte, error)
	}{
		{"config_file", readFile},
		{"config_b64", func(text string) ([]byte, error) {
			return base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(text), "="))
		}},
		{"config_json", func(text string) ([]byte, error) { return []byte(text), nil }},
	} {
		text, ok := small[source.name]
		if !ok {
			continue
		}
		delete(small, source.name)
		content, err := source.read(text)
		if err == nil {
			err = v.takeJSON(content)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", source.name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(small)) { // the port behind the address, as wasmCloud has it
		if err := v.set(name, small[name]); err != nil {
			return fmt.Errorf("%s %.80q: %w", name, small[name], err)
		}
	}
	return nil
}

// maxConfig bounds a file of values, in bytes.
const maxConfig = 1 << 20

func readFile(name string) ([]byte, error) {
	if ext := filepath.Ext(name); ext != ".json" {
		return nil, fmt.Errorf("%q does not end in .json: values are read from JSON only", name)
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxConfig {
		return nil, fmt.Errorf("%s is not a file of at most %d bytes", name, maxConfig)
	}
	return os.ReadFile(name)
}

// takeJSON reads an object: values are texts, numbers, truth values and lists of texts, and tls and cors are objects of such.
func (v *Values) takeJSON(content []byte) error {
	var all map[string]any
	if err := json.Unmarshal(content, &all); err != nil {
		return errors.New(`it is no JSON object such as {"address":"127.0.0.1:8080"}`)
	}
	return v.takeObject("", all)
}

func (v *Values) takeObject(prefix string, all map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		key := prefix + strings.ToLower(name)
		var err error
		switch value := all[name].(type) {
		case map[string]any:
			switch key {
			case "tls", "cors":
				err = v.takeObject(key+".", value)
			default:
				v.Unknown = append(v.Unknown, key)
			}
		case nil:
		case string:
			err = v.set(key, value)
		case bool:
			err = v.set(key, strconv.FormatBool(value))
		case float64:
			err = v.set(key, strconv.FormatFloat(value, 'f', -1, 64))
		case []any:
			parts := make([]string, len(value))
			for i, part := range value {
				text, ok := part.(string)
				if !ok || strings.Contains(text, ",") {
					return fmt.Errorf("%s: a list has texts without commas", key)
				}
				parts[i] = text
			}
			err = v.set(key, strings.Join(parts, ","))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// set takes one value.
func (v *Values) set(name, text string) (err error) {
	text = strings.TrimSpace(text)
	switch name {
	case "address":
		v.Address, err = parseAddress(text)
	case "port":
		var port uint64
		if port, err = strconv.ParseUint(text, 10, 16); err != nil {
			return errors.New("a port is a number from 0 to 65535")
		}
		v.Address = net.JoinHostPort("127.0.0.1", strconv.FormatUint(port, 10))
	case "timeout_ms":
		var ms int
		ms, err = parseNumber(text, 1, int(24*time.Hour/time.Millisecond))
		v.Timeout = time.Duration(ms) * time.Millisecond
	case "max_content_len":
		v.MaxBody, err = parseSize(text)
	case "readonly_mode":
		v.ReadOnly, err = parseBool(text)
	case "cache_control":
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
			return errors.New("a header is printable ASCII")
		}
		v.CacheControl = text
	case "tls.cert_file", "tls_cert_file":
		v.CertFile = text
	case "tls.priv_key_file", "tls_priv_key_file":
		v.KeyFile = text
	case "max_in_flight":
		v.MaxInFlight, err = parseNumber(text, 1, math.MaxInt32)
	case "queue":
		v.Queue, err = parseNumber(text, 0, math.MaxInt32)
	default:
		if rest, ok := strings.CutPrefix(name, "cors."); ok && v.Cors.known(rest) {
			return v.Cors.set(rest, text)
		}
		v.Unknown = append(v.Unknown, name)
	}
	return err
}

func parseAddress(text string) (string, error) {
	if port, ok := strings.CutPrefix(text, "localhost:"); ok {
		text = "127.0.0.1:" + port
	}
	at, err := netip.ParseAddrPort(text)
	if err != nil {
		return "", errors.New("an address is an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080; 0.0.0.0:8080 is for other machines, too")
	}
	return at.String(), nil
}

func parseNumber(text string, least, greatest int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > greatest {
		return 0, fmt.Errorf("a number from %d to %d is wanted", least, greatest)
	}
	return n, nil
}

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off", "":
		return false, nil
	}
	return false, errors.New("true or false is wanted")
}

func parseSize(text string) (int64, error) {
	digits, unit := text, int64(1)
	if n := len(text); n > 0 {
		switch text[n-1] {
		case 'b', 'B':
			digits = text[:n-1]
		case 'k', 'K':
			digits, unit = text[:n-1], 1<<10
		case 'm', 'M':
			digits, unit = text[:n-1], 1<<20
		case 'g', 'G':
			digits, unit = text[:n-1], 1<<30
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
	if err != nil || n < 0 || n > MaxBody/unit {
		return 0, errors.New("a length is a number with k, m or g behind it, such as 10m, and at most 500m")
	}
	return n * unit, nil
}
