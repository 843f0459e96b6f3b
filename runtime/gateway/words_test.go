package gateway

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write words.json and testdata again")

// golden compares a file with what it should be, and writes it under -update.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the code says: run go test ./runtime/gateway -update twice, and look at what has changed", name)
	}
}

// TestWords checks that the descriptions in the documents are the comments of the code.
func TestWords(t *testing.T) {
	words := map[string]string{}
	// What package api takes from package actor, and what it says itself where both have a type of the same name.
	for _, dir := range []string{"../actor", "../api"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(files), err)
		}
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			for _, decl := range parsed.Decls {
				if gen, ok := decl.(*ast.GenDecl); ok && gen.Tok == token.TYPE {
					wordsOf(gen, dir == "../actor", words)
				}
			}
		}
	}
	out, err := json.MarshalIndent(words, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "words.json", append(out, '\n'))
}

// taken are the structs of package actor that answers have in them.
var taken = []string{"Event", "Attribute", "Coin"}

// wordsOf adds the comments of the structs in a declaration, and of those of their fields that have a name in JSON.
func wordsOf(decl *ast.GenDecl, some bool, words map[string]string) {
	for _, spec := range decl.Specs {
		typ := spec.(*ast.TypeSpec)
		fields, ok := typ.Type.(*ast.StructType)
		if !ok || !typ.Name.IsExported() || some && !slices.Contains(taken, typ.Name.Name) {
			continue
		}
		tagged := 0
		for _, field := range fields.Fields.List {
			if field.Tag == nil {
				continue
			}
			name, _ := fieldName(reflect.StructField{Tag: reflect.StructTag(strings.Trim(field.Tag.Value, "`"))})
			tagged++
			if text := prose(field.Doc.Text() + field.Comment.Text()); text != "" {
				words[typ.Name.Name+"."+name] = text
			}
		}
		if doc := prose(decl.Doc.Text()); doc != "" && (tagged > 0 || typ.Name.Name == "Empty") {
			words[typ.Name.Name] = doc
		}
	}
}

// prose puts a comment on one line.
func prose(text string) string { return strings.Join(strings.Fields(text), " ") }
