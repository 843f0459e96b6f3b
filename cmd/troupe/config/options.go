package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// An Option is one thing that can be said.
type Option struct {
	// Key is its place in the file, such as "http.listen". The variable and the flag follow from it.
	Key string
	// Kind is "text", "list", "yes or no", "number", "size", "time" or "part".
	Kind    string
	Default string
	Doc     string
	set     func(c *Config, text string) error
}

// Env returns the name of the variable: TROUPE_HTTP_LISTEN.
func (o *Option) Env() string {
	return "TROUPE_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(o.Key))
}

// Flag returns the name of the flag: http-listen.
func (o *Option) Flag() string { return strings.ReplaceAll(o.Key, ".", "-") }

// Options returns the table of everything that can be said.
func Options() []Option {
	return []Option{
		text("name", "troupe", "what people call the node; subjects on NATS have it", func(c *Config) *string { return &c.Name }).checked(isName),
		text("dir", "troupe-data", "the data directory", func(c *Config) *string { return &c.Dir }),
		text("app", "", "the folder of an application: its modules are installed and its actors made when the node starts", func(c *Config) *string { return &c.App }),
		text("keys", "", "the folder of your keys; by default one in your own configuration folder", func(c *Config) *string { return &c.Keys }),
		flag("read-only", "refuse everything that writes", func(c *Config) *bool { return &c.ReadOnly }),
		duration("drain", "10s", "how long requests may take to end when the node is stopped", func(c *Config) *time.Duration { return &c.Drain }),

		text("http.listen", "127.0.0.1:8880", `the address for HTTP and the dashboard, or "off"`, func(c *Config) *string { return &c.HTTP.Listen }),
		text("http.cert", "", "the file of the certificate for TLS; it is read again when it changes", func(c *Config) *string { return &c.HTTP.Cert }),
		text("http.key", "", "the file of its key", func(c *Config) *string { return &c.HTTP.Key }),
		flag("http.insecure", "allow an address that others can reach without TLS", func(c *Config) *bool { return &c.HTTP.Insecure }),
		list("http.origins", "origins whose pages may ask the node from a browser", func(c *Config) *[]string { return &c.HTTP.Origins }),
		list("http.hosts", "names under which the node is reached, beside localhost", func(c *Config) *[]string { return &c.HTTP.Hosts }),
		number("http.connections", "4096", "how many connections may be open", func(c *Config) *int { return &c.HTTP.Connections }),
		flagOn("http.dashboard", "show the dashboard at /", func(c *Config) *bool { return &c.HTTP.Dashboard }),

		text("nats.listen", "127.0.0.1:4222", `the address of the NATS server in the process, or "off"`, func(c *Config) *string { return &c.NATS.Listen }),
		text("nats.url", "", "a NATS server elsewhere; then there is none in the process", func(c *Config) *string { return &c.NATS.URL }),
		text("nats.creds", "", "the file of credentials for it", func(c *Config) *string { return &c.NATS.Creds }),
		text("nats.nkey", "", "the file of an nkey seed for it", func(c *Config) *string { return &c.NATS.Nkey }),
		text("nats.ca", "", "the file of the certificate authority that its certificate is of", func(c *Config) *string { return &c.NATS.CA }),
		text("nats.cert", "", "the file of a certificate: of the server in the process, which others can then reach, or of the node for one elsewhere", func(c *Config) *string { return &c.NATS.Cert }),
		text("nats.key", "", "the file of the key of that certificate", func(c *Config) *string { return &c.NATS.Key }),
		flag("nats.publish-events", "publish the events of actors", func(c *Config) *bool { return &c.NATS.PublishEvents }),
		flag("nats.publish-changes", "publish which keys of actors changed, with their values", func(c *Config) *bool { return &c.NATS.PublishChanges }),

		text("log.level", "info", "how much is told: debug, info, warn or error", func(c *Config) *string { return &c.Log.Level }).oneOf("debug", "info", "warn", "error"),
		text("log.format", "text", "text or json", func(c *Config) *string { return &c.Log.Format }).oneOf("text", "json"),
		text("otlp.endpoint", "", "where traces of requests go, by OTLP over HTTP, such as http://127.0.0.1:4318", func(c *Config) *string { return &c.OTLP.Endpoint }),
		part("otlp.sample", "1", "the part of requests that are traced", func(c *Config) *float64 { return &c.OTLP.Sample }),

		number("limits.in-flight", "4096", "how many requests are answered at the same time", func(c *Config) *int { return &c.Limits.InFlight }),
		size("limits.body", "4MiB", "how large a request may be; an installation may be larger", func(c *Config) *int64 { return &c.Limits.Body }),
		number("limits.queue", "16384", "how many transactions may wait to be executed", func(c *Config) *int { return &c.Limits.Queue }),
		size("limits.cache", "64MiB", "how much memory the cache of committed values has", func(c *Config) *int64 { return &c.Limits.Cache }),

		duration("retention.age", "0s", "how long the log and the receipts are kept; 0 is for ever", func(c *Config) *time.Duration { return &c.Retention.Age }),
		size("retention.size", "0", "how large the log and the receipts may get; 0 is without bound", func(c *Config) *int64 { return &c.Retention.Size }),
		duration("retention.request-ids", "24h", "how long the id of a request is known at least: whoever asks again within that time causes nothing twice", func(c *Config) *time.Duration { return &c.Retention.RequestIDs }),
		size("disk.reserve", "256MiB", "how much stays free on the disk: below, the node takes no writes until there is more", func(c *Config) *int64 { return &c.Disk.Reserve }),
		text("backup.dir", "", "the folder in which backups are made; none can be asked for if it is empty", func(c *Config) *string { return &c.Backup.Dir }),
	}
}

func text(key, def, doc string, at func(*Config) *string) Option {
	return Option{key, "text", def, doc, func(c *Config, text string) error { *at(c) = text; return nil }}
}

// checked adds a condition.
func (o Option) checked(check func(string) error) Option {
	set := o.set
	o.set = func(c *Config, text string) error {
		if err := check(text); err != nil {
			return err
		}
		return set(c, text)
	}
	return o
}

func (o Option) oneOf(words ...string) Option {
	return o.checked(func(text string) error {
		for _, w := range words {
			if text == w {
				return nil
			}
		}
		return fmt.Errorf("%q is none of %s", text, strings.Join(words, ", "))
	})
}

// isName accepts what can stand in a subject of NATS as one word.
func isName(text string) error {
	for _, c := range text {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return fmt.Errorf("%q is no name: it has small letters, digits, - and _", text)
		}
	}
	if text == "" || len(text) > 64 {
		return errors.New("a name has 1 to 64 characters")
	}
	return nil
}

func list(key, doc string, at func(*Config) *[]string) Option {
	return Option{key, "list", "", doc, func(c *Config, text string) error {
		*at(c) = nil
		for word := range strings.SplitSeq(text, ",") {
			if word = strings.TrimSpace(word); word != "" {
				*at(c) = append(*at(c), word)
			}
		}
		return nil
	}}
}

func flag(key, doc string, at func(*Config) *bool) Option   { return boolean(key, "no", doc, at) }
func flagOn(key, doc string, at func(*Config) *bool) Option { return boolean(key, "yes", doc, at) }

func boolean(key, def, doc string, at func(*Config) *bool) Option {
	return Option{key, "yes or no", def, doc, func(c *Config, text string) error {
		switch text {
		case "yes", "true":
			*at(c) = true
		case "no", "false":
			*at(c) = false
		default:
			return fmt.Errorf("%q is neither yes nor no", text)
		}
		return nil
	}}
}

func number(key, def, doc string, at func(*Config) *int) Option {
	return Option{key, "number", def, doc, func(c *Config, text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n <= 0 || n > math.MaxInt32 {
			return fmt.Errorf("%q is no whole number from 1 on", text)
		}
		*at(c) = n
		return nil
	}}
}

func size(key, def, doc string, at func(*Config) *int64) Option {
	return Option{key, "size", def, doc, func(c *Config, text string) (err error) {
		*at(c), err = ParseSize(text)
		return err
	}}
}

// ParseSize reads a number of bytes: 1048576, 1024KiB or 1MiB.
func ParseSize(text string) (int64, error) {
	digits, shift := text, 0
	for unit, s := range map[string]int{"KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40} {
		if rest, ok := strings.CutSuffix(text, unit); ok {
			digits, shift = strings.TrimSpace(rest), s
		}
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || n > math.MaxInt64>>shift {
		return 0, fmt.Errorf("%q is no size: write bytes, or a number with KiB, MiB, GiB or TiB", text)
	}
	return int64(n) << shift, nil
}

func duration(key, def, doc string, at func(*Config) *time.Duration) Option {
	return Option{key, "time", def, doc, func(c *Config, text string) error {
		d, err := ParseTime(text)
		if err != nil || d < 0 {
			return fmt.Errorf("%q is no length of time: write 30s, 10m, 12h or 30d", text)
		}
		*at(c) = d
		return nil
	}}
}

// ParseTime reads a length of time, as Go writes it, or in days.
func ParseTime(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(text)
}

func part(key, def, doc string, at func(*Config) *float64) Option {
	return Option{key, "part", def, doc, func(c *Config, text string) error {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || !(f >= 0 && f <= 1) {
			return fmt.Errorf("%q is no part: write a number from 0 to 1", text)
		}
		*at(c) = f
		return nil
	}}
}
