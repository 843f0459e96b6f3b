package claims_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nkeys"

	"github.com/troupe-run/troupe/claims"
)

// TestKeysOfAllKinds is acceptance 5, in part: the keys of all roles are made, kept, read, and sign.
func TestKeysOfAllKinds(t *testing.T) {
	keys := openKeys(t)
	letters := ""
	for _, kind := range claims.Kinds() {
		name := claims.KindName(kind)
		key, err := keys.Create(name, kind)
		if err != nil {
			t.Fatal(err)
		}
		letters += key.Public()[:1]
		loaded, err := keys.Load(name)
		if err != nil || loaded.Public() != key.Public() || loaded.Kind() != kind {
			t.Errorf("%s: kept as %s, %v", key, loaded, err)
		}
		seed := must(key.Seed())
		if again, err := claims.ParseSeed(seed); err != nil || again.Public() != key.Public() || seed[0] != 'S' || seed[1] != key.Public()[0] {
			t.Errorf("%s: the seed is that of %s, %v", key, again, err)
		}
		if err := claims.Verify(key.Public(), kind, body, must(key.Sign(body))); err != nil {
			t.Errorf("%s: %v", key, err)
		}
		if parsed, ok := claims.ParseKind(name); !ok || parsed != kind {
			t.Errorf("%s is the name of %v, %v", name, parsed, ok)
		}
		for _, other := range claims.Kinds() {
			if other != kind {
				refused(t, claims.CheckPublic(key.Public(), other), claims.BadKey, "is the key of a")
			}
		}
		for i := range key.Public() {
			if bad := flipLetter(key.Public(), i); claims.CheckPublic(bad, kind) == nil {
				t.Fatalf("with another letter at %d it is a key: %s", i, bad)
			}
		}
		for i := range seed {
			if k, err := claims.ParseSeed([]byte(flipLetter(string(seed), i))); err == nil {
				t.Fatalf("with another letter at %d it is the seed of %s", i, k)
			}
		}
	}
	if letters != "UNAOCMV" {
		t.Errorf("the keys begin with %s", letters)
	}
	for name, want := range map[string]nkeys.PrefixByte{"actor": claims.ModuleKey, "service": claims.ProviderKey, "host": claims.NodeKey} {
		if kind, ok := claims.ParseKind(name); !ok || kind != want {
			t.Errorf("%s is %v, %v", name, kind, ok)
		}
	}
	if _, ok := claims.ParseKind("curve"); ok || claims.KindName(nkeys.PrefixByteCurve) != "unknown" {
		t.Error("a key that cannot sign has a name")
	}
}

// TestKeysAreOnlyOfKnownKinds: a text whose checksum is right is a key only if its kind is one, and its bytes are a point
// for which not anybody can sign.
func TestKeysAreOnlyOfKnownKinds(t *testing.T) {
	point := alice(t).Public()
	raw := must(nkeys.Decode(claims.UserKey, []byte(point)))
	for kind := range 256 {
		kind := nkeys.PrefixByte(kind)
		text := string(encodeRaw(append([]byte{byte(kind)}, raw...)))
		known := claims.KindName(kind) != "unknown"
		if err := claims.CheckPublic(text, kind); (err == nil) != known {
			t.Errorf("kind %d, %s: %v", kind, text, err)
		}
		seed := encodeRaw(append([]byte{byte(nkeys.PrefixByteSeed) | byte(kind)>>5, byte(kind) << 3}, bytes.Repeat([]byte{1}, 32)...))
		if _, err := claims.ParseSeed(seed); (err == nil) != known {
			t.Errorf("the seed of a key of kind %d: %v", kind, err)
		}
	}
	for _, kind := range claims.Kinds() {
		small := string(encodeRaw(append([]byte{byte(kind), 1}, make([]byte, 31)...)))
		refused(t, claims.CheckPublic(small, kind), claims.BadKey, "anybody could sign")
	}
}

// TestKeysOfClassicHosts checks texts that were made by the library of wasmCloud.
func TestKeysOfClassicHosts(t *testing.T) {
	for public, kind := range map[string]nkeys.PrefixByte{
		"MBCFOPM6JW2APJLXJD3Z5O4CN7CPYJ2B4FTKLJUR5YR5MITIU7HD3WD5": claims.ModuleKey,
		"VAG3QITQQ2ODAOWB5TTQSDJ53XK3SHBEIFNK4AYJ5RKAX2UNSCAPHA5M": claims.ProviderKey,
		"VAZVC4RX54J2NVCMCW7BPCAHGGG5XZXDBXFUMDUXGESTMQEJLC3YVZWB": claims.ProviderKey,
		"VADNMSIML2XGO2X4TPIONTIC55R2UUQGPPDZPAVSC2QD7E76CR77SPW7": claims.ProviderKey,
		"ACOJJN6WUP4ODD75XEBKKTCCUJJCY5ZKQ56XVKYK4BEJWGVAOOQHZMCW": claims.AccountKey,
	} {
		if err := claims.CheckPublic(public, kind); err != nil {
			t.Error(err)
		}
	}
	for seed, want := range map[string]string{
		washAccount: "ADPCF65BVZVFN43HS3Z43HJMI5E55T2UKCEK5FSMXSF2EYLMYMI2UD7V",
		washModule:  "MCRWPH2GWUEV5FRKWYE565FNCTGAGZ7OR3Q7F4F7ELL5ZVKKR2GEXRS3",
	} {
		if got := parseSeed(t, seed).Public(); got != want {
			t.Errorf("the seed %s… is that of %s, want %s", seed[:4], got, want)
		}
	}
}

func TestKeyOfAnotherKindIsNamed(t *testing.T) {
	path := filepath.Join(openKeys(t).Dir(), "a.nk")
	if _, _, err := claims.LoadOrCreateFile(path, claims.AccountKey); err != nil {
		t.Fatal(err)
	}
	_, _, err := claims.LoadOrCreateFile(path, claims.ModuleKey)
	has(t, err, "that of an account, and one of a module is needed")
	if strings.Contains(err.Error(), "SA") {
		t.Errorf("the error shows a seed: %v", err)
	}
}
