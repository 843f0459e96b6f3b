package command

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime/capability"
)

// A printer writes the results of a command: lines for people, or one JSON object a line for machines.
type printer struct {
	out   *bufio.Writer
	json  bool
	color bool
	// text says that the bytes to be printed next belong to actors that know no CBOR.
	text bool
}

func newPrinter(w io.Writer) *printer { return &printer{out: bufio.NewWriter(w)} }

func (p *printer) flush() error { return p.out.Flush() }

func (p *printer) printf(format string, args ...any) { fmt.Fprintf(p.out, format, args...) }

// object writes v as one line of JSON.
func (p *printer) object(v any) error {
	b, err := marshal(v)
	if err != nil {
		return err
	}
	_, err = p.out.Write(append(b, '\n'))
	return err
}

// table writes rows with aligned columns for people; nothing for machines. There are no colours in it: their codes would
// count as width.
func (p *printer) table(rows [][]string) {
	if p.json {
		return
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush() // to a bufio.Writer, which keeps the error for flush
}

// style dresses text for its role if colours are on, as show.Options has it.
func (p *printer) style(role show.Role, text string) string {
	if !p.color || text == "" || colours[role] == "" {
		return text
	}
	return "\x1b[" + colours[role] + "m" + text + "\x1b[0m"
}

// options are how traces and receipts are drawn.
func (p *printer) options() *show.Options {
	return &show.Options{Style: p.style, Text: p.text, Invocation: capability.Readable}
}

// value returns bytes for people, whole and without colours.
func (p *printer) value(b []byte) string { return (&show.Options{Width: -1, Text: p.text}).Value(b) }

// data returns bytes for machines.
func (p *printer) data(b []byte) data { return data{b, p.text} }

// colours are the parameters of SGR, by role. A role without any is printed as it is.
var colours = [...]string{
	show.Faint: "2", show.Name: "36", show.Word: "1", show.Committed: "32", show.RolledBack: "31",
}

// marshal is json.Marshal without the escapes for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
