package vm

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// Report is what is known of a contract without running it.
type Report struct {
	Entrypoints     []string // those that it has, sorted
	Required        []string // capabilities, sorted
	HasIBC, HasIBC2 bool     // all entry points of a protocol are there
	MigrateVersion  *uint64  // of the state that it writes (S70); nil: not said
	Checksum        [32]byte // SHA-256, uncompressed
}

// Analyze judges code, which may be compressed by gzip, as the reference VM does when it is stored (S62 to S70). The error
// is an *Error of the kind StaticValidation. The bodies of functions are judged by the engine, when the code is loaded.
func Analyze(code []byte) (Report, error) {
	plain, err := binary.Gunzip(code, maxBytes)
	if err != nil {
		return Report{}, invalid("%v", err)
	}
	m, err := binary.Parse(plain)
	if err != nil {
		return Report{}, undecodable(err)
	}
	report := Report{Required: required(m), Checksum: sha256.Sum256(plain)}
	var bad *Error
	if report.MigrateVersion, bad = migrateVersion(m); bad != nil {
		return Report{}, bad
	}
	if err := check(m); err != nil {
		return Report{}, err
	}
	r := rules()
	if err := r.Check(m); err != nil {
		return Report{}, undecodable(err)
	}
	for _, name := range entryNames[entryPoints:] {
		if _, ok := m.ExportedFunc(name); ok {
			report.Entrypoints = append(report.Entrypoints, name)
		}
	}
	report.HasIBC = report.has(ibcEntryPoints)
	report.HasIBC2 = report.has(ibc2EntryPoints)
	return report, nil
}

func undecodable(err error) *Error {
	return invalid("Wasm bytecode could not be deserialized. Deserialization error: %q", err.Error())
}

// What a contract has if it speaks a protocol.
var (
	ibcEntryPoints = []string{"ibc_channel_open", "ibc_channel_connect", "ibc_channel_close", "ibc_packet_receive",
		"ibc_packet_ack", "ibc_packet_timeout"}
	ibc2EntryPoints = []string{"ibc2_packet_receive", "ibc2_packet_ack", "ibc2_packet_timeout", "ibc2_packet_send"}
)

func (r *Report) has(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(r.Entrypoints, name) })
}

// migrateVersion reads the section that the version is in. The last one counts.
func migrateVersion(m *binary.Module) (*uint64, *Error) {
	var v *uint64
	for _, c := range m.Customs {
		if c.Name != "cw_migrate_version" {
			continue
		}
		n, err := number(c.Data)
		if err != nil {
			return nil, invalid("%v", err)
		}
		v = &n
	}
	return v, nil
}

// number reads a decimal as Rust does: it may have a plus sign.
func number(b []byte) (uint64, error) {
	text, _ := strings.CutPrefix(string(b), "+")
	switch n, err := strconv.ParseUint(text, 10, 64); {
	case !utf8.Valid(b):
		return 0, fmt.Errorf("the version is not UTF-8")
	case len(b) == 0:
		return 0, fmt.Errorf("cannot parse integer from empty string")
	case err == nil:
		return n, nil
	case strings.Trim(text, "0123456789") == "" && text != "":
		return 0, fmt.Errorf("number too large to fit in target type")
	}
	return 0, fmt.Errorf("invalid digit found in string")
}
