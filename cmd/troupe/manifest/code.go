package manifest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"github.com/troupe-run/troupe/cmd/troupe/npm"
	"github.com/troupe-run/troupe/cmd/troupe/toolchain"
	"github.com/troupe-run/troupe/runtime/wasm/binary"
)

// maxWasm bounds a module, in bytes, packed and unpacked. A host allows less.
const maxWasm = 64 << 20

// Code is a module of WebAssembly, unpacked.
type Code struct {
	Module *Module
	Wasm   []byte
	Hash   Hash
}

// NewCode unpacks a module, if it is packed by gzip, and hashes it.
func NewCode(m *Module, wasm []byte) (Code, error) {
	wasm, err := binary.Gunzip(wasm, maxWasm)
	if err != nil {
		return Code{}, fmt.Errorf("module %s: %w", m.Name, err)
	}
	return Code{m, wasm, sha256.Sum256(wasm)}, nil
}

// Code returns a module: what is in its file, what is built of its sources, or what the library has of its package. A
// module that is native has none.
func (m *Manifest) Code(ctx context.Context, mod *Module, library npm.Library) (Code, error) {
	var wasm []byte
	var err error
	switch {
	case mod.Source != "":
		wasm, err = toolchain.Build(ctx, m.Path(mod.Source), mod.Language)
	case mod.Wasm != "":
		wasm, err = m.read(mod.Wasm)
	case mod.Package != nil:
		wasm, err = library.File(ctx, *mod.Package, mod.File, mod.Sum)
	default:
		return Code{}, fmt.Errorf("module %s is native and has no code", mod.Name)
	}
	if err != nil {
		return Code{}, fmt.Errorf("module %s: %w", mod.Name, err)
	}
	return NewCode(mod, wasm)
}

func (m *Manifest) read(name string) ([]byte, error) {
	root, err := os.OpenRoot(m.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return read(root, filepath.FromSlash(name), maxWasm)
}

// Codes returns the code of all modules that are not native, in the order of the manifest.
func (m *Manifest) Codes(ctx context.Context, library npm.Library) (list []Code, err error) {
	for i := range m.Modules {
		mod := &m.Modules[i]
		if mod.Native != "" {
			continue
		}
		c, err := m.Code(ctx, mod, library)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// LockOf returns the lock that holds just these modules.
func LockOf(list []Code) Lock {
	l := Lock{}
	for _, c := range list {
		l[c.Module.Name] = c.Hash
	}
	return l
}
