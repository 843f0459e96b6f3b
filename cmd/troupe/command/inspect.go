package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/troupe-run/troupe/dispatch/show"
	"github.com/troupe-run/troupe/query"
	"github.com/troupe-run/troupe/runtime"
	"github.com/troupe-run/troupe/runtime/actor"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
	"github.com/troupe-run/troupe/state"
)

func (c *call) moduleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "module",
		Short: "Look into a WebAssembly module",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "inspect FILE | NAME",
		Short: "Show imports, exports, size, hash and prices of a module",
		Long: `Show what a WebAssembly module imports and exports, how large it is, the hash that it goes by, and what its instructions
cost; and whether a host would install it. Of a contract of CosmWasm also its entry points, the capabilities that it needs
and the version of its state; its checksum is the hash. The module is a file, or one of the data directory. Nothing of it
is run.`,
		Example: c.examples(`
			% module inspect counter.wasm
			% module inspect counter -o json`),
		Args: between(1, 1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			code, err := c.codeOrModule(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			in, err := runtime.Inspect(code)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			v := viewInspection(args[0], in)
			if c.printer.json {
				return c.printer.object(v)
			}
			c.printer.inspection(&v, in.Refused)
			return nil
		},
	})
	return cmd
}

// codeOrModule reads a file, or the code of a module if there is no file of that name.
func (c *call) codeOrModule(ctx context.Context, arg string) ([]byte, error) {
	if _, err := os.Stat(arg); arg == "-" || !errors.Is(err, fs.ErrNotExist) || actor.Address(arg).Validate() != nil {
		return c.codeOf(arg)
	}
	if kind, err := inspect(c.dir); err == nil && kind != dirOurs && c.server == "" {
		return nil, notFoundf("there is no file %s, and no data directory %s with a module of that name", arg, c.dir)
	}
	var code []byte
	where := ""
	in := func(p place) (err error) {
		where = p.called()
		code, err = p.code(ctx, actor.ModuleID(arg))
		return err
	}
	err := c.at(ctx, in, func() error { return c.look(func(h *runtime.Host) error { return in(directory{c, h}) }) })
	switch {
	case where != "" && (errors.Is(err, query.ErrNotFound) || exitCode(err) == ExitNotFound):
		return nil, notFoundf("there is no file %s, and %s has no module of that name", arg, where)
	case err == nil && code == nil:
		return nil, usagef("the module %s is a part of a binary, not WebAssembly: see %s modules %s", arg, c.Name, arg)
	}
	return code, err
}

// inspectionView is a module of WebAssembly as machines get it.
type inspectionView struct {
	Module   string       `json:"module"`
	Kind     string       `json:"kind,omitempty"`
	Hash     state.Hash   `json:"hash"`
	Size     int          `json:"size"`
	Packed   int          `json:"packed_size,omitempty"`
	Refused  string       `json:"refused,omitempty"`
	GasTable string       `json:"gas_table,omitempty"`
	Memory   memoryView   `json:"memory"`
	Imports  []externView `json:"imports"`
	Exports  []externView `json:"exports"`
	Sections sectionsView `json:"sections"`
	// Contract is what a contract of CosmWasm says of itself.
	Contract *contractView `json:"contract,omitempty"`
	Customs  []customView  `json:"custom_sections"`
}

// contractView is for a contract that is not refused.
type contractView struct {
	EntryPoints    []string `json:"entry_points"`
	Capabilities   []string `json:"capabilities"`
	MigrateVersion *uint64  `json:"migrate_version,omitempty"`
	IBC            bool     `json:"ibc"`
	IBC2           bool     `json:"ibc2"`
}

// memoryView is in pages of 64 KiB. What a module declares as its most may be more than the host gives.
type memoryView struct {
	Pages    uint32 `json:"pages"`
	Declared uint32 `json:"declared_max_pages,omitempty"`
	Max      uint32 `json:"max_pages,omitempty"`
}

// externView is something that a module imports or exports.
type externView struct {
	Module string `json:"module,omitempty"`
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Type   string `json:"type,omitempty"`
}

// sectionsView counts what is in a module.
type sectionsView struct {
	Functions int `json:"functions"`
	Code      int `json:"code_bytes"`
	Globals   int `json:"globals"`
	Tables    int `json:"tables"`
	Data      int `json:"data_bytes"`
}

type customView struct {
	Name string `json:"name"`
	Size int    `json:"size"`
}

func viewInspection(name string, in *runtime.Inspection) inspectionView {
	m := in.Module
	v := inspectionView{Module: name, Kind: in.Kind, Hash: in.Hash, Size: in.Size, Packed: in.Packed, GasTable: in.GasTable,
		Imports: []externView{}, Exports: []externView{}, Customs: []customView{},
		Sections: sectionsView{Functions: len(m.Functions), Globals: len(m.Globals), Tables: len(m.Tables)}}
	if in.Refused != nil {
		v.Refused = explain(in.Refused)
	}
	if r := in.Contract; r != nil {
		v.Contract = &contractView{EntryPoints: append([]string{}, r.Entrypoints...), Capabilities: append([]string{}, r.Required...),
			MigrateVersion: r.MigrateVersion, IBC: r.HasIBC, IBC2: r.HasIBC2}
	}
	v.Memory.Max = in.MaxPages
	if len(m.Memories) > 0 {
		v.Memory.Pages = m.Memories[0].Min
		if most := m.Memories[0].Max; most != nil {
			v.Memory.Declared = *most
		}
	}
	for i := range m.Imports {
		imp := &m.Imports[i]
		e := externView{Module: imp.Module, Name: imp.Name, Kind: imp.Kind.String()}
		if imp.Kind == binary.ExternFunc && int(imp.Type) < len(m.Types) {
			e.Type = signature(m.Types[imp.Type])
		}
		v.Imports = append(v.Imports, e)
	}
	for _, exp := range m.Exports {
		e := externView{Name: exp.Name, Kind: exp.Kind.String()}
		if t, ok := m.FuncType(exp.Index); ok && exp.Kind == binary.ExternFunc {
			e.Type = signature(t)
		}
		v.Exports = append(v.Exports, e)
	}
	for i := range m.Codes {
		v.Sections.Code += len(m.Codes[i].Body)
	}
	for i := range m.Data {
		v.Sections.Data += len(m.Data[i].Init)
	}
	for _, custom := range m.Customs {
		v.Customs = append(v.Customs, customView{custom.Name, len(custom.Data)})
	}
	return v
}

// signature returns a type as "i32 i32 → i64".
func signature(t binary.FuncType) string {
	names := func(list []binary.ValueType) string {
		var words []string
		for _, v := range list {
			words = append(words, v.String())
		}
		return strings.Join(words, " ")
	}
	return strings.TrimSpace(names(t.Params) + " → " + names(t.Results))
}

func (p *printer) inspection(v *inspectionView, refused error) {
	p.printf("%s\n", p.style(show.Name, harmless(v.Module)))
	rows := [][]string{{"  kind", orDash(v.Kind)}, {"  hash", v.Hash.String()}}
	size := show.Count(v.Size) + " bytes"
	if v.Packed > 0 {
		size += ", packed " + show.Count(v.Packed)
	}
	rows = append(rows, []string{"  size", size})
	rows = append(rows, []string{"  code", fmt.Sprintf("%s, %s bytes; %s bytes of data", count(v.Sections.Functions, "function"),
		show.Count(v.Sections.Code), show.Count(v.Sections.Data))})
	memory := count(int(v.Memory.Pages), "page") + " of 64 KiB"
	if v.Memory.Max > 0 {
		memory += ", at most " + show.Count(int(v.Memory.Max))
	}
	rows = append(rows, []string{"  memory", memory}, []string{"  gas table", orDash(v.GasTable)})
	if v.Contract != nil {
		rows = append(rows, v.Contract.rows()...)
	}
	var customs []string
	for _, custom := range v.Customs {
		customs = append(customs, fmt.Sprintf("%s (%s bytes)", harmless(custom.Name), show.Count(custom.Size)))
	}
	if len(customs) > 0 {
		rows = append(rows, []string{"  custom", strings.Join(customs, ", ")})
	}
	p.table(rows)
	p.externs("imports", v.Imports)
	p.externs("exports", v.Exports)
	if refused != nil {
		p.printf("%s\n", p.style(show.RolledBack, "a host refuses it: "+harmless(v.Refused)))
	}
}

func (v *contractView) rows() [][]string {
	needs := "no capabilities"
	if len(v.Capabilities) > 0 {
		needs = strings.Join(v.Capabilities, ", ")
	}
	version := "without a version of the state"
	if v.MigrateVersion != nil {
		version = "to version " + strconv.FormatUint(*v.MigrateVersion, 10) + " of the state"
	}
	protocols := "no"
	switch {
	case v.IBC && v.IBC2:
		protocols = "versions 1 and 2"
	case v.IBC:
		protocols = "version 1"
	case v.IBC2:
		protocols = "version 2"
	}
	return [][]string{{"  entries", harmless(strings.Join(v.EntryPoints, ", "))}, {"  needs", harmless(needs)},
		{"  migrates", version}, {"  IBC", protocols}}
}

func (p *printer) externs(title string, list []externView) {
	p.printf("%s\n", title)
	var rows [][]string
	for _, e := range list {
		name := e.Name
		if e.Module != "" {
			name = e.Module + "." + e.Name
		}
		row := []string{"  " + harmless(name), e.Kind}
		if e.Type != "" {
			row = append(row, e.Type)
		}
		rows = append(rows, row)
	}
	p.table(rows)
	if len(rows) == 0 {
		p.printf("  none\n")
	}
}
