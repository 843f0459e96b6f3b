package command

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/actor/typed"
	"github.com/troupe-run/troupe/state"
)

// moduleView is a module as machines get it.
type moduleView struct {
	ID    actor.ModuleID `json:"id"`
	Kind  string         `json:"kind"`
	Bound uint64         `json:"bound_seq"`
	Hash  state.Hash     `json:"hash,omitzero"`
	Size  uint64         `json:"size,omitempty"`
	// Here says that the code is here: in the directory if it is installed, else in this binary.
	Here     bool                `json:"here"`
	Messages []typed.MessageInfo `json:"messages,omitempty"`
}

func (c *call) modulesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "modules [NAME]",
		Short: "List the modules, or what one understands",
		Long: `List the modules that the data directory knows. WebAssembly is in the directory, with the hash that its code goes by. Code
of Go is in the binary: a module that this binary does not have can be listed but not run. With a name, list the messages
of that module, if it is made of typed handlers.`,
		Example: c.examples(`
			% modules
			% modules currency
			% modules -o json`),
		Args:              between(0, 1),
		ValidArgsFunction: c.completeModule,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.asking(cmd.Context(), func(p place) error {
				list, err := p.modules(cmd.Context())
				if err != nil {
					return err
				}
				if len(args) == 0 {
					return c.modules(list)
				}
				i := slices.IndexFunc(list, func(m module) bool { return string(m.ID) == args[0] })
				if i < 0 {
					return notFoundf("%s has no module %s", p.called(), quoted(args[0]))
				}
				return c.module(&list[i])
			})
		},
	}
}

func viewModule(m *module) moduleView {
	return moduleView{ID: m.ID, Kind: m.Kind, Bound: m.Bound, Hash: m.Hash, Size: m.Size, Here: m.here, Messages: m.messages}
}

func (c *call) modules(list []module) error {
	rows := [][]string{{"MODULE", "KIND", "HASH", "SIZE", "BOUND", "CODE"}}
	for i := range list {
		v := viewModule(&list[i])
		if c.printer.json {
			if err := c.printer.object(v); err != nil {
				return err
			}
			continue
		}
		hash, size, code := orDash(""), orDash(""), "not in this binary"
		if v.Here {
			code = "here"
		}
		if list[i].Installed() {
			hash, size, code = show.Hash(v.Hash), show.Count(v.Size), "installed"
		}
		rows = append(rows, []string{string(v.ID), v.Kind, hash, size, "seq " + strconv.FormatUint(v.Bound, 10), code})
	}
	c.printer.table(rows)
	return nil
}

func (c *call) module(m *module) error {
	v := viewModule(m)
	p := c.printer
	if p.json {
		return p.object(v)
	}
	p.printf("%s\n", p.style(show.Name, string(v.ID)))
	switch {
	case m.Installed():
		p.printf("  %s %s, %s bytes, seq %d\n  see '%s module inspect %s'\n", v.Kind, v.Hash, show.Count(v.Size), v.Bound, c.Name, v.ID)
	case !v.Here:
		p.printf("  its code is not in this binary\n")
	case len(v.Messages) == 0:
		p.printf("  it does not say which messages it understands\n")
	}
	for _, m := range v.Messages {
		text := "{" + fieldsText(m.Fields) + "}"
		if m.Name != "" {
			text = quoted(m.Name)
			if len(m.Fields) > 0 {
				text = "{" + text + ": {" + fieldsText(m.Fields) + "}}"
			}
		}
		if m.Returns != nil {
			text += " → " + typeText(m.Returns)
		}
		p.printf("  %-11s %s\n", m.Kind, text)
	}
	return nil
}

// fieldsText returns "to": text, "amount"?: uint64.
func fieldsText(fields []typed.FieldInfo) string {
	var parts []string
	for i := range fields {
		f := &fields[i]
		name := quoted(f.Name)
		if f.Optional {
			name += "?"
		}
		parts = append(parts, name+": "+typeText(f))
	}
	return strings.Join(parts, ", ")
}

func typeText(f *typed.FieldInfo) string {
	if len(f.Fields) == 0 {
		return f.Type
	}
	return f.Type + " {" + fieldsText(f.Fields) + "}"
}
