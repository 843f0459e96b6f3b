package show

// Options say what is shown. The zero value, and nil, mean the defaults.
type Options struct {
	// Reads shows what was read, beside what was written.
	Reads bool
	// Gas shows the gas of every call, not of the transaction alone.
	Gas bool
	// NoGas leaves gas out: that of WebAssembly depends on the compiler.
	NoGas bool
	// Width is how many characters of a value are shown; 160 if zero, all if negative.
	Width int
	// Text takes whatever is printable for text, for actors that know no CBOR.
	Text bool
	// Invocation, if not nil, tells how a body and what came back for it read, where the body is an invocation of an actor of
	// another world, whose operation and argument are in an encoding of their own. Data is nil where it is not known.
	Invocation func(body, data []byte) (call, answer string, ok bool)
	// Asked is the body that a receipt answers, for Invocation; nil if it is not known.
	Asked []byte
	// Style, if not nil, dresses a piece of text for its role, with colours for example. It must keep the text.
	Style func(role Role, text string) string
}

// Role is what a piece of text stands for.
type Role uint8

// The roles.
const (
	Faint      Role = iota // the lines of the tree, gas, how a message was sent
	Name                   // addresses and modules
	Word                   // what happened: execute, set, event
	Datum                  // bodies, values, keys
	Committed              // that something was committed
	RolledBack             // that something was rolled back, and why
)

func (o *Options) style(role Role, text string) string {
	if o.Style == nil || text == "" {
		return text
	}
	return o.Style(role, text)
}

// Value is the function Value, with what the options say.
func (o *Options) Value(b []byte) string {
	text := ""
	if o = orDefault(o); o.Text && b != nil && isPrintable(b) {
		text = plain(b)
	} else {
		text = Value(b)
	}
	return o.style(Datum, clip(text, o.Width, len(b)))
}

// Call shows a body, and what came back for it: as Value does, unless Invocation tells more.
func (o *Options) Call(body, data []byte) (call, answer string) {
	if o = orDefault(o); o.Invocation != nil && len(body) > 0 {
		if read, came, ok := o.Invocation(body, data); ok {
			call = o.style(Datum, clip(line(read), o.Width, len(body)))
			if data == nil {
				return call, o.Value(nil)
			}
			return call, o.style(Datum, clip(line(came), o.Width, len(data)))
		}
	}
	return o.Value(body), o.Value(data)
}

func (o *Options) key(b []byte) string { return o.style(Datum, clip(Key(b), o.Width, len(b))) }

func orDefault(o *Options) *Options {
	if o == nil {
		return &Options{}
	}
	return o
}
