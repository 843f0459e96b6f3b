package command

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/claims"
	"github.com/troupe-run/troupe/runtime/capability"
)

func (c *call) claimsInspectCommand() *cobra.Command {
	var only bool
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Print what the token of a module or of a provider's archive says",
		Long: `Print what the token in a module, or in the archive of a provider, says. It is checked first, as a host does: that there is one
token, that the account which it names has signed it, and that the code is the one that was signed. Whether its time is over is
printed, and is no error here. The input is FILE, or standard input if that is -.`,
		Example: c.examples("% claims inspect echo_s.wasm\n% claims inspect echo_s.wasm -o json\n% claims inspect echo_s.wasm --jwt-only"),
		Args:    between(1, 1),
		RunE:    func(_ *cobra.Command, args []string) error { return c.claimsInspect(args[0], only) },
	}
	likeWash(cmd.Flags())
	cmd.Flags().BoolVar(&only, "jwt-only", false, "print the token and nothing else")
	// These of wash say how to reach a registry. A file is in none.
	for _, name := range []string{"allow-latest", "insecure", "no-cache"} {
		cmd.Flags().Bool(name, false, "")
		_ = cmd.Flags().MarkHidden(name)
	}
	for name, short := range map[string]string{"user": "u", "password": "p"} {
		cmd.Flags().StringP(name, short, "", "")
		_ = cmd.Flags().MarkHidden(name)
	}
	return cmd
}

// maxModuleFile is the greatest size of the file of a module, in bytes.
const maxModuleFile = 256 << 20

// openInput opens a file, or standard input for -.
func (c *call) openInput(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(c.Stdin), nil
	}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFoundf("there is no file %s", name)
	}
	return f, err
}

// moduleFile returns the code in a file.
func (c *call) moduleFile(name string) ([]byte, error) {
	f, err := c.openInput(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readModule(name, f)
}

func readModule(name string, r io.Reader) ([]byte, error) {
	code, err := io.ReadAll(io.LimitReader(r, maxModuleFile+1))
	if err == nil && len(code) > maxModuleFile {
		err = usagef("%s is larger than any module: at most %d bytes are read", name, maxModuleFile)
	}
	return code, err
}

func (c *call) claimsInspect(name string, only bool) error {
	f, err := c.openInput(name)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	if magic, _ := in.Peek(4); !bytes.Equal(magic, []byte("\x00asm")) {
		return c.inspectArchive(name, in, only)
	}
	code, err := readModule(name, in)
	if err != nil {
		return err
	}
	m, token, err := claims.OpenModule(code)
	switch {
	case err != nil:
		return usagef("%s: %w", name, err)
	case only:
		return c.printToken(token, nil)
	}
	return c.printModule(&m, time.Now())
}

func (c *call) inspectArchive(name string, r io.Reader, only bool) error {
	a, err := claims.OpenArchive(r)
	var refusal *claims.Refusal
	switch {
	case errors.As(err, &refusal) && refusal.Reason == claims.Malformed:
		return usagef("%s is no module of WebAssembly, and %w", name, err)
	case errors.As(err, &refusal):
		return usagef("%s: %w", name, err)
	case err != nil:
		return err
	case only:
		return c.printToken(a.Token, nil)
	}
	return c.printArchive(&a)
}

// moduleClaimsView is the JSON of wash, and what it does not have.
type moduleClaimsView struct {
	Success      bool     `json:"success"`
	Name         string   `json:"name"`
	Account      string   `json:"account"`
	Module       string   `json:"module"`
	Actor        string   `json:"actor"`
	Expires      string   `json:"expires"`
	CanBeUsed    string   `json:"can_be_used"`
	Version      string   `json:"version"`
	Revision     int32    `json:"revision"`
	CallAlias    string   `json:"call_alias"`
	Capabilities []string `json:"capabilities"`
	Provider     bool     `json:"provider"`
	Tags         string   `json:"tags"`
	Contracts    []string `json:"contracts"`
	Hash         string   `json:"hash"`
	ModuleHash   string   `json:"module_hash"`
}

// capabilityNames are the words of wash for contracts.
var capabilityNames = map[string]string{
	capability.Messaging: "Messaging", capability.KeyValue: "K/V Store", capability.HTTPServer: "HTTP Server",
	capability.HTTPClient: "HTTP Client", capability.Blobstore: "Blob Store", "wasmcloud:eventstreams": "Event Streams",
	capability.NumberGen: "Number Generation", capability.Logging: "Logging",
}

func (c *call) printModule(m *claims.Module, now time.Time) error {
	v := moduleClaimsView{Success: true, Name: or(m.Name, "Anonymous"), Account: m.Issuer, Module: m.Subject, Actor: m.Subject, Expires: humanTime(m.Expires, now, "never"),
		CanBeUsed: humanTime(m.NotBefore, now, "immediately"), Version: or(m.Version, "None"), Revision: m.Revision, CallAlias: or(m.Alias, "(Not set)"),
		Capabilities: []string{}, Provider: m.Provider, Tags: or(strings.Join(m.Tags, ","), "None"), Contracts: append([]string{}, m.Caps...), Hash: "verified", ModuleHash: m.Hash}
	for _, contract := range m.Caps {
		v.Capabilities = append(v.Capabilities, or(capabilityNames[contract], contract))
	}
	if c.printer.json {
		return c.printer.object(v)
	}
	capabilities := "Capabilities"
	if m.Provider {
		capabilities = "Capability Provider"
	}
	c.printer.claims(v.Name+" - Module", [][2]string{
		{"Account", v.Account}, {"Module", v.Module}, {"Expires", v.Expires}, {"Can Be Used", v.CanBeUsed},
		{"Version", fmt.Sprintf("%s (%d)", v.Version, v.Revision)}, {"Call Alias", v.CallAlias}, {"Hash", v.Hash},
	}, []part{{capabilities, v.Capabilities}, {"Tags", []string{v.Tags}}})
	return nil
}

func (c *call) printArchive(a *claims.Archive) error {
	p := &a.Provider
	var targets []string
	for _, program := range a.Programs {
		targets = append(targets, program.Target)
	}
	slices.Sort(targets)
	if c.printer.json {
		return c.printer.object(struct {
			Success  bool     `json:"success"`
			Name     string   `json:"name"`
			Issuer   string   `json:"issuer"`
			Service  string   `json:"service"`
			Contract string   `json:"capability_contract_id"`
			Vendor   string   `json:"vendor"`
			Version  string   `json:"version"`
			Revision string   `json:"revision"`
			Targets  []string `json:"targets"`
			Hash     string   `json:"hash"`
		}{true, or(p.Name, "None"), p.Issuer, p.Subject, p.Contract, p.Vendor, or(p.Version, "None"), strconv.Itoa(int(p.Revision)), targets, "verified"})
	}
	c.printer.claims(or(p.Name, "None")+" - Provider Archive", [][2]string{
		{"Account", p.Issuer}, {"Service", p.Subject}, {"Capability Contract ID", p.Contract}, {"Vendor", p.Vendor}, {"Version", or(p.Version, "None")},
		{"Revision", strconv.Itoa(int(p.Revision))}, {"Hash", "verified"},
	}, []part{{"Supported Architecture Targets", targets}})
	return nil
}

// A part of a table of claims has lines under a heading.
type part struct {
	heading string
	lines   []string
}

// claims writes a table as wash does: 74 columns or a few more, values to the right, headings in the middle.
func (p *printer) claims(title string, rows [][2]string, parts []part) {
	labels, values := 0, 0
	for _, row := range rows {
		labels, values = max(labels, utf8.RuneCountInString(row[0])), max(values, utf8.RuneCountInString(row[1]))
	}
	width := 2 + labels + 3 + values
	middle := func(text string) {
		p.printf("%*s%s\n", max(2, (width+2-utf8.RuneCountInString(text))/2), "", harmless(text))
	}
	middle(title)
	for _, row := range rows {
		p.printf("  %-*s   %*s\n", labels, row[0], values, harmless(row[1]))
	}
	for _, part := range parts {
		middle(part.heading)
		for _, line := range part.lines {
			p.printf("  %s\n", harmless(line))
		}
	}
}

// humanTime returns how far off a time is, in the words of wash: "in 3days", "8h ago". A zero time is never.
func humanTime(at, now time.Time, never string) string {
	if at.IsZero() {
		return never
	}
	const minute, hour, day, month, year = 60, 3600, 86_400, 2_630_016, 31_557_600
	seconds := int64(at.Sub(now).Abs() / time.Second)
	for _, unit := range []int64{day, hour, minute} {
		if seconds >= unit {
			seconds -= seconds % unit
			break
		}
	}
	var words []string
	for _, unit := range []struct {
		length int64
		name   string
		plural string
	}{{year, "year", "s"}, {month, "month", "s"}, {day, "day", "s"}, {hour, "h", ""}, {minute, "m", ""}, {1, "s", ""}} {
		n := seconds / unit.length
		if seconds %= unit.length; n == 0 {
			continue
		}
		word := strconv.FormatInt(n, 10) + unit.name
		if n > 1 {
			word += unit.plural
		}
		words = append(words, word)
	}
	text := or(strings.Join(words, " "), "0s")
	if at.Before(now) {
		return text + " ago"
	}
	return "in " + text
}
