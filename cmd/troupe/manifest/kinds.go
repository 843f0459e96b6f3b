package manifest

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/troupe-run/troupe/runtime/capability"
)

// A kind is a provider that hosts have built in.
type kind struct {
	name, contract string
	// keys are the public keys by which manifests of old know the providers of wasmCloud that it takes the place of, and
	// images the names of those in registries.
	keys, images []string
	// ignored are values of links that it has no use for, in small letters, because it keeps things itself.
	ignored []string
}

// kinds are in the order in which messages name them.
var kinds = []kind{
	{"httpserver", capability.HTTPServer, []string{"VAG3QITQQ2ODAOWB5TTQSDJ53XK3SHBEIFNK4AYJ5RKAX2UNSCAPHA5M"},
		[]string{"httpserver", "httpserver_wormhole", "http-server"}, nil},
	{"httpclient", capability.HTTPClient, []string{"VCCVLH4XWGI3SGARFNYKYT2A32SUYA2KVAIV2U2Q34DQA7WWJPFRKIKM"},
		[]string{"httpclient", "http-client"}, nil},
	{"keyvalue", capability.KeyValue, []string{"VAZVC4RX54J2NVCMCW7BPCAHGGG5XZXDBXFUMDUXGESTMQEJLC3YVZWB"},
		[]string{"kvredis", "redis", "kvvault", "builtin_keyvalue", "keyvalue", "keyvalue-redis"}, []string{"url"}},
	{"messaging", capability.Messaging, []string{"VADNMSIML2XGO2X4TPIONTIC55R2UUQGPPDZPAVSC2QD7E76CR77SPW7"},
		[]string{"messaging", "nats_messaging", "nats", "messaging-nats"}, nil},
	{"blobstore", capability.Blobstore, []string{"VBBQNNCGUKIXEWLL5HL5XJE57BS3GU5DMDOKZS6ROEWPQFHEDP6NGVZM"},
		[]string{"blobstore", "blobstore_fs", "blobstore_s3", "fs", "s3", "blobstore-fs", "blobstore-s3"}, []string{"root"}},
}

// builtIn are the contracts that need no link, because every host has them, and the images that were their providers.
var (
	builtIn       = []string{capability.Logging, capability.NumberGen, capability.LoggingOld, capability.NumberGenOld}
	builtInImages = []string{"logging", "extras", "numbergen"}
)

func kindNames() string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return strings.Join(names, ", ")
}

func kindWhere(fits func(*kind) bool) *kind {
	for i := range kinds {
		if fits(&kinds[i]) {
			return &kinds[i]
		}
	}
	return nil
}

func kindNamed(name string) *kind {
	return kindWhere(func(k *kind) bool { return k.name == name })
}

func kindOfKey(key string) *kind {
	return kindWhere(func(k *kind) bool { return slices.Contains(k.keys, key) })
}

func kindOfContract(contract string) *kind {
	return kindWhere(func(k *kind) bool { return k.contract == contract })
}

func kindOfImage(ref string) *kind {
	return kindWhere(func(k *kind) bool { return slices.Contains(k.images, imageName(ref)) })
}

// imageName returns what is between the last slash and the tag of a reference: httpserver of
// wasmcloud.azurecr.io/httpserver:0.17.0. Of a file it is the name without the ending.
func imageName(ref string) string {
	name := path.Base(strings.ReplaceAll(ref, `\`, "/"))
	name, _, _ = strings.Cut(name, "@")
	name, _, _ = strings.Cut(name, ":")
	for _, ending := range []string{".wasm", ".gz", ".par"} {
		name = strings.TrimSuffix(name, ending)
	}
	return strings.ToLower(name)
}

// isKey reports whether a text has the form of a public key of that role: M of a module, V of a provider, A of an account.
func isKey(text string, role byte) bool {
	return len(text) == 56 && text[0] == role && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

// nameFrom makes a name of what others call something: it matches [a-z0-9][a-z0-9._-]*, and is none of those taken.
func nameFrom(text string, taken func(string) bool) string {
	var b strings.Builder
	for _, c := range strings.ToLower(text) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', b.Len() > 0 && (c == '.' || c == '_' || c == '-'):
			b.WriteRune(c)
		case b.Len() > 0:
			b.WriteByte('-')
		}
		if b.Len() == maxName {
			break
		}
	}
	name := strings.TrimRight(b.String(), "-")
	if name == "" {
		name = "unnamed"
	}
	for n, base := 2, name; taken(name); n++ {
		name = base + "-" + strconv.Itoa(n)
	}
	return name
}

// maxName bounds a name that is made of another, in bytes.
const maxName = 64

// KindOf returns the name of the built-in kind that a reference means: its own name, a public key of wasmCloud's provider, or
// an image such as wasmcloud.azurecr.io/httpserver:0.17.0. It is empty if there is none.
func KindOf(ref string) string {
	if k := kindOfKey(ref); k != nil {
		return k.name
	}
	if k := kindOfImage(ref); k != nil {
		return k.name
	}
	return ""
}
