package manifest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/troupe-run/troupe/claims"
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
	// Claims are what its token says, nil if it has none.
	Claims *claims.Module
	// Refused is why its token is not good, nil if it is, or there is none.
	Refused error
}

// Pin returns what a lock file holds of it.
func (c *Code) Pin() Pin {
	p := Pin{Hash: c.Hash}
	if c.Claims != nil {
		p.Key, p.Issuer = c.Claims.Subject, c.Claims.Issuer
	}
	return p
}

// Check returns why the module is not what it should be: its token is not good, or does not say what the manifest expects.
func (c *Code) Check() error {
	e := c.Module.Expect
	switch {
	case c.Refused != nil:
		return fmt.Errorf("module %s: %w", c.Module.Name, c.Refused)
	case e == nil:
		return nil
	case c.Claims == nil:
		return e.place.errorf("module %s has no claims, and is expected to: sign it, as with troupe claims sign", c.Module.Name)
	case e.Key != "" && e.Key != c.Claims.Subject:
		return e.place.errorf("module %s has the key %s, and %s is expected", c.Module.Name, c.Claims.Subject, e.Key)
	case e.Issuer != "" && e.Issuer != c.Claims.Issuer:
		return e.place.errorf("module %s is signed by %s, and %s is expected", c.Module.Name, c.Claims.Issuer, e.Issuer)
	case e.Capabilities != nil && !slices.Equal(e.Capabilities, slices.Sorted(slices.Values(c.Claims.Caps))):
		return e.place.errorf("module %s claims the capabilities %s, and %s are expected", c.Module.Name,
			orNone(c.Claims.Caps), orNone(e.Capabilities))
	}
	return nil
}

// NewCode unpacks a module, if it is packed by gzip, hashes it, and reads its claims.
func NewCode(m *Module, wasm []byte) (Code, error) {
	wasm, err := binary.Gunzip(wasm, maxWasm)
	if err != nil {
		return Code{}, fmt.Errorf("module %s: %w", m.Name, err)
	}
	c := Code{Module: m, Wasm: wasm, Hash: sha256.Sum256(wasm)}
	says, _, err := claims.OpenModule(wasm)
	var refused *claims.Refusal
	switch {
	case err == nil:
		c.Claims = &says
	case !errors.As(err, &refused) || refused.Reason != claims.Unsigned:
		c.Refused = err
	}
	return c, nil
}

// Code returns a module: what is in its file, what is built of its sources, or what the library has of its package or
// address. A module that is native has none.
func (m *Manifest) Code(ctx context.Context, mod *Module, library npm.Library) (Code, error) {
	var wasm []byte
	var err error
	switch {
	case mod.Source != "":
		wasm, err = toolchain.Build(ctx, m.Path(mod.Source), mod.Language)
	case mod.Wasm != "":
		wasm, err = m.read(mod)
	case mod.Package != nil:
		wasm, err = library.File(ctx, *mod.Package, mod.File, mod.Sum)
	case mod.URL != "":
		wasm, err = library.Get(ctx, mod.URL, mod.Sum)
	default:
		return Code{}, fmt.Errorf("module %s is native and has no code", mod.Name)
	}
	if err != nil {
		return Code{}, fmt.Errorf("module %s: %w", mod.Name, err)
	}
	return NewCode(mod, wasm)
}

func (m *Manifest) read(mod *Module) ([]byte, error) {
	dir, name := m.Dir, filepath.FromSlash(mod.Wasm)
	if mod.Anywhere {
		dir, name = filepath.Split(m.Path(mod.Wasm))
		dir = filepath.Clean(dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return read(root, name, maxWasm)
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
	for i := range list {
		l[list[i].Module.Name] = list[i].Pin()
	}
	return l
}
