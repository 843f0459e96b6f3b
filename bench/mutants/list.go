package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A mutant is one deliberate fault.
type mutant struct {
	Name string
	File string // from the root of the module, with slashes
	Why  string // what a user would suffer if the fault were real
	Test []string
	Old  string // stands exactly once in File
	New  string
}

// parseMutants reads a list. Its form is described at the head of mutants.txt.
func parseMutants(name, text string) ([]mutant, error) {
	var mutants []mutant
	var m *mutant
	var block *string // where the lines between markers go
	seen := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		wrong := func(format string, args ...any) ([]mutant, error) {
			return nil, fmt.Errorf("%s:%d: %s", name, i+1, fmt.Sprintf(format, args...))
		}
		marker := strings.HasPrefix(line, "---")
		switch {
		case block != nil && !marker:
			*block += line + "\n"
			continue
		case block == nil && (strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#")):
			continue
		case marker:
			var next *string
			switch {
			case m == nil:
				return wrong("%q outside of a mutant", line)
			case line == "--- old" && block == nil && m.Old == "":
				next = &m.Old
			case line == "--- new" && block == &m.Old:
				next = &m.New
			case line == "---" && block == &m.New:
				if err := m.complete(); err != nil {
					return wrong("mutant %s: %v", m.Name, err)
				}
				mutants = append(mutants, *m)
				m = nil
			default:
				return wrong("%q is out of place: a mutant ends with --- old, --- new, ---", line)
			}
			block = next
			continue
		}
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if key == "mutant" {
			if m != nil {
				return wrong("mutant %s is not ended by ---", m.Name)
			}
			if value == "" || seen[value] {
				return wrong("the name %q is empty or taken", value)
			}
			seen[value] = true
			m = &mutant{Name: value}
			continue
		}
		if m == nil {
			return wrong("%q outside of a mutant", line)
		}
		switch key {
		case "file":
			m.File = value
		case "why":
			m.Why = strings.TrimSpace(m.Why + " " + value)
		case "test":
			m.Test = strings.Fields(value)
		default:
			return wrong("%q is neither mutant, file, why nor test", key)
		}
	}
	if m != nil {
		return nil, fmt.Errorf("%s: mutant %s is not ended by ---", name, m.Name)
	}
	return mutants, nil
}

func (m *mutant) complete() error {
	switch {
	case m.File == "":
		return errors.New("it names no file")
	case m.Why == "":
		return errors.New("it does not say why it matters")
	case len(m.Test) == 0:
		return errors.New("it names no test")
	case strings.TrimSpace(m.Old) == "":
		return errors.New("the old text is empty")
	case m.Old == m.New:
		return errors.New("the new text is the old one")
	}
	return nil
}

// apply returns the file of the mutant with the fault in it.
func (m *mutant) apply(root string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m.File)))
	if err != nil {
		return nil, err
	}
	if n := bytes.Count(text, []byte(m.Old)); n != 1 {
		return nil, fmt.Errorf("the old text stands %d times in %s, not once", n, m.File)
	}
	return bytes.Replace(text, []byte(m.Old), []byte(m.New), 1), nil
}
