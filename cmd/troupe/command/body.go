package command

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// bodyHelp is what help says about bodies.
const bodyHelp = `BODY is JSON, and is passed on as it is: typed actors take {"name": {fields}}, or "name" if there are no fields.
@file reads it from a file, - from standard input. With --raw it may be any text, with --hex it is bytes in hexadecimal.`

// maxInput bounds what is read from a file or standard input. Hosts allow less.
const maxInput = 64 << 20

// bodyFlags say what the argument BODY is.
type bodyFlags struct{ raw, hex bool }

func (f *bodyFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.raw, "raw", false, "pass the body as it is, be it JSON or not")
	cmd.Flags().BoolVar(&f.hex, "hex", false, "the body is bytes in hexadecimal")
	cmd.MarkFlagsMutuallyExclusive("raw", "hex")
}

// read returns the body that the arguments behind the address say: none, or one.
func (f *bodyFlags) read(c *call, args []string) ([]byte, error) {
	switch len(args) {
	case 0:
		return nil, nil
	case 1:
		return f.parse(c, args[0])
	}
	return nil, misuse("there is one body, not %d: quote it, as in '{\"name\": {}}'", len(args))
}

func (f *bodyFlags) parse(c *call, arg string) ([]byte, error) {
	where, text, err := c.input(arg)
	switch {
	case err != nil:
		return nil, err
	case f.raw:
		return text, nil
	case f.hex:
		return parseHex(where, text)
	}
	text = bytes.TrimSpace(text)
	if err := checkJSON(text); err != nil {
		return nil, usagef("%s is not JSON: %w; pass --raw to send it as it is", where, err)
	}
	return text, nil
}

// input returns what an argument stands for: itself, a file, or standard input.
func (c *call) input(arg string) (where string, text []byte, err error) {
	name, isFile := strings.CutPrefix(arg, "@")
	switch {
	case arg == "-":
		where = "standard input"
		text, err = io.ReadAll(io.LimitReader(c.Stdin, maxInput+1))
	case isFile:
		where = name
		text, err = readFile(name)
	default:
		return "the body", []byte(arg), nil
	}
	if err == nil && len(text) > maxInput {
		err = usagef("%s has more than %d MiB", where, maxInput>>20)
	}
	return where, text, err
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fileError(err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxInput+1))
	return text, errors.Join(fileError(err), f.Close())
}

// fileError classifies the failure to read a file that the user named.
func fileError(err error) error {
	if err == nil {
		return nil
	}
	if path := (*fs.PathError)(nil); errors.As(err, &path) && errors.Is(err, fs.ErrNotExist) {
		err = reworded{"there is no file " + path.Path, err}
	}
	return &classified{ExitNotFound, err}
}

func parseHex(where string, text []byte) ([]byte, error) {
	digits := strings.Join(strings.Fields(strings.TrimPrefix(string(text), "0x")), "")
	b, err := hex.DecodeString(digits)
	if err != nil {
		return nil, usagef("%s is not hexadecimal: %s", where, strings.TrimPrefix(err.Error(), "encoding/hex: "))
	}
	return b, nil
}

// checkJSON returns nil if text is one value of JSON, else what is wrong and where.
func checkJSON(text []byte) error {
	if len(text) == 0 {
		return errors.New("it is empty")
	}
	var v json.RawMessage
	err := json.Unmarshal(text, &v)
	if err == nil {
		return nil
	}
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	// The offset counts the bytes that were read, the wrong one included, or all if the end came too early.
	at := int(syntax.Offset)
	if at > 0 && !strings.Contains(err.Error(), "unexpected end") {
		at--
	}
	line, column := position(text, at)
	if line == 1 {
		return fmt.Errorf("column %d: %w", column, err)
	}
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}

// position returns the line and the column, in characters, of a byte of text.
func position(text []byte, at int) (line, column int) {
	before := text[:min(at, len(text))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[start:]) + 1
}
