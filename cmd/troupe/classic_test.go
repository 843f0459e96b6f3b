package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/troupe-run/troupe/claims"
)

// The account and the module that sign in tests are those of the tests of wash: everybody has their seeds.
const (
	testAccount = "SAAAF62YYA6UCKZNSE7UF7GVWEHHYASDSUSSVCEEHTH3WY57DJKVXKIKOY"
	testModule  = "MCRWPH2GWUEV5FRKWYE565FNCTGAGZ7OR3Q7F4F7ELL5ZVKKR2GEXRS3"
)

// classicCode returns one of the examples for the ABI of wasmCloud, by its name, with a text in it replaced by one that is as
// long, so that there are several versions.
func classicCode(name, said, says string) ([]byte, error) {
	code, err := os.ReadFile(filepath.Join("..", "..", "examples", name, name+".wasm"))
	return replaced(code, said, says), err
}

// resign signs code as a revision of the test module.
func resign(code []byte, m claims.Module) ([]byte, error) {
	account, err := claims.ParseSeed([]byte(testAccount))
	if err != nil {
		return nil, err
	}
	m.Subject, m.Issued, m.ID = testModule, time.Unix(1700000000, 0), "AAAAAAAAAAAAAAAAAAAAAA"
	return claims.SignModule(account, code, m)
}

// classic NAME FILE [rev=N] [caps=A,B] [exp=YEAR] [says=TEXT] writes the example of that name, which is echo or kvcounter; if something
// is said about it, signed again by the test account. The text stands where the answers of echo have "query_string".
func classic(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: classic NAME FILE [rev=N] [caps=A,B] [exp=YEAR] [says=TEXT]")
	}
	m := claims.Module{Name: args[0], Version: "1.0.0", Caps: []string{"wasmcloud:httpserver"}}
	if args[0] == "kvcounter" {
		m.Caps = append(m.Caps, "wasmcloud:keyvalue")
	}
	const said = "query_string"
	says := said
	for _, arg := range args[2:] {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "rev":
			n, err := strconv.Atoi(value)
			ts.Check(err)
			m.Revision = int32(n)
		case "exp":
			year, err := strconv.Atoi(value)
			ts.Check(err)
			m.Expires = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		case "caps":
			m.Caps = strings.Split(value, ",")
		case "says":
			if len(value) != len(said) {
				ts.Fatalf("a text has %d letters", len(said))
			}
			says = value
		}
	}
	code, err := classicCode(args[0], said, says)
	ts.Check(err)
	if len(args) > 2 {
		code, err = resign(code, m)
		ts.Check(err)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), code, 0o644))
}

func TestClassicFixtures(t *testing.T) {
	for _, name := range []string{"echo", "kvcounter"} {
		code, err := classicCode(name, "", "")
		if err == nil {
			_, _, err = claims.OpenModule(code)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func replaced(code []byte, said, says string) []byte {
	if said == "" {
		return code
	}
	return bytes.ReplaceAll(code, []byte(said), []byte(says))
}
