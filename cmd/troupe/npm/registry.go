package npm

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// PublicRegistry is the registry that everybody uses who has not said otherwise.
const PublicRegistry = "https://registry.npmjs.org"

// maxConfig bounds how much of a configuration is read, in bytes.
const maxConfig = 1 << 20

// registry returns the one for a package: what the environment says (npm_config_registry), or .npmrc in the home of the
// user, or the public one. Of that file the lines "registry=" and "@scope:registry=" count, and nothing else in it.
func registry(p Package) (string, error) {
	named, err := fromConfig(p.scope())
	if err != nil {
		return "", err
	}
	// Like npm: what is said of a scope is more than what is said of all.
	r := cmp.Or(named.scope, os.Getenv("npm_config_registry"), os.Getenv("NPM_CONFIG_REGISTRY"), named.all, PublicRegistry)
	u, err := url.Parse(r)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("the registry of npm is configured as %.80q, which is no http or https address", r)
	}
	return r, nil
}

// registries are what a configuration names.
type registries struct{ scope, all string }

func fromConfig(scope string) (registries, error) {
	file := cmp.Or(os.Getenv("npm_config_userconfig"), os.Getenv("NPM_CONFIG_USERCONFIG"))
	if file == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return registries{}, nil // nobody to have configured anything
		}
		file = filepath.Join(home, ".npmrc")
	}
	f, err := os.Open(file)
	if os.IsNotExist(err) {
		return registries{}, nil
	}
	if err != nil {
		return registries{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConfig))
	if err != nil {
		return registries{}, err
	}
	return parseConfig(text, scope), nil
}

func parseConfig(text []byte, scope string) (r registries) {
	for line := range bytes.Lines(text) {
		key, value, ok := strings.Cut(string(line), "=")
		value = strings.Trim(strings.TrimSpace(value), `"'`)
		switch key = strings.TrimSpace(key); {
		case !ok:
		case key == "registry":
			r.all = value
		case scope != "" && key == scope+":registry":
			r.scope = value
		}
	}
	return r
}
