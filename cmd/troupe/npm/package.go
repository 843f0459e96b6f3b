package npm

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// A Package is one published version of a package.
type Package struct {
	Name    string // with its scope: @scope/name
	Version string
}

// maxName bounds the name of a package with its version, in bytes.
const maxName = 300

var published = regexp.MustCompile(`^((?:@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*)@([0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)$`)

// Parse reads name@1.2.3 or @scope/name@1.2.3. The version must be one, not a range.
func Parse(text string) (Package, error) {
	m := published.FindStringSubmatch(text)
	if m == nil || len(text) > maxName {
		return Package{}, fmt.Errorf("a package is written name@1.2.3 or @scope/name@1.2.3, and %.80q is not", text)
	}
	return Package{m[1], m[2]}, nil
}

func (p Package) String() string { return p.Name + "@" + p.Version }

// scope returns @scope, empty if the name has none.
func (p Package) scope() string {
	if scope, _, ok := strings.Cut(p.Name, "/"); ok {
		return scope
	}
	return ""
}

// url returns where registries have the archive.
func (p Package) url(registry string) string {
	return strings.TrimRight(registry, "/") + "/" + p.Name + "/-/" + path.Base(p.Name) + "-" + p.Version + ".tgz"
}
