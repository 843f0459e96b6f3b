package capability_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
)

// keys are made for tests. Accounts: acme, bolt and cove. Operators: orga and orgb. Modules: m1, m2 and m3. A provider: v1.
// Users: ann and bob.
var keys = map[string]struct{ public, seed string }{
	"acme": {"AADKGKXD4JOU2GECARMNFYDVHDDIROM4UOYK5FU3J5T5QVVQ77OG22TZ", "SAALTCRLXSJB356D7M4MXHOEOY6HGW6UEIMUYUDODFQSO53VJUKDJ7AZX4"},
	"bolt": {"ADYJ4M76ALTOPSOES3ZMJU6MMKXEGPPF6BFFIDF2IBS63HA55NJQN43V", "SAACJIANISCZVJBVYD2YRFS2P2HW7YQLX5WE2EQ6HP2FG5BFVTJEQA5WXY"},
	"cove": {"AAUSYPYSR5JMANE5FMWQAQFCWC6FYM66YDFNXT6ALM2OWTSQ4TYLGQKU", "SAACV4QKU2VW7NB3XH4GJ6CPWYTWKQ74R4D62PWKVBOEANY3XJFP42XZSY"},
	"orga": {"OCVCOS2GYVLUIQHZADTHR5DEXLCRCE2R5AFS5S3N6WXP3LGF4TFA36RH", "SOANGAUSRHV3IWWYYC6FI65B5MZXOHOSPVWZLUNVPG7C7ZQB4OHV57MDBM"},
	"orgb": {"OBGD4XLF4GVOADVYAYN5WKFJVMC7EXCBBMC2RIXHJMDRJYM42V4GPG3L", "SOAMGM4FXL5ITLAYBWWTF2I6DNM3NUZFTJPFPJ6UWY3HBSQHSRBI4EB6L4"},
	"m1":   {"MCFVIILFE7XV4NFBWVA5TN6PTLJ42ZJTDCZJOB7Q4ALX25GL4QYBIDBJ", "SMACRKCUSVZBMPDLMGLGEAGAV67ZLOA6COFE3RQR35Q6PAZPGTQZILIWGA"},
	"m2":   {"MAOI3HI2SG275RSK5UIEMHT5RQHA5FEWKWM7T4HAPDDRS6SXLQW5ZMWO", "SMAOVM6NMDVODNXECDG2OTF64C744HYTMXIGAGOIVSF367DD7LOGW6TAEI"},
	"m3":   {"MDGID4JY62OSXDNF2K7OVD2VQQTZ5MIQD6OAYRW4U7XAIBUAXXN42JO2", "SMAB3U5VP7UHMJN6IGHXAAFBSFCRKBPE6LMOBVTBEIYHV3JV5EGFIHA3ZA"},
	"v1":   {"VADZ5N2AMSZKM3J4CRMAOZ5W54RN3WUOMTOIZMFHZLEK3ZSDT2DNYQH5", "SVAEEQCP7LFKMUALEJUS5HAWEAXAH6SOHI24OMWHTNBXYZFLSVNURM6VHA"},
	"ann":  {"UDL6VNPMCHNIZIKWMQ42BZ5654BZN27VONT5BXD2N4Y2JG5BEXOIGDKS", "SUAG7N2GSPHPORYJVT4NDWYWKHICHK6TP6QP3Q6FF5RLFC6QVJXIW3KOUI"},
	"bob":  {"UDZUGWUSZGB3J43XJYDUPLYROQLRZOCBV3ZLOKH7K6XEBCXECF2B22GX", "SUALQICSY5M4W64MELYPQI2GYXRTXPPWGXKURV2O6S5XS74VEQW3D7BZOE"},
}

// key returns the public key of that name, and what is the name of none as it is.
func key(name string) string {
	if k, ok := keys[name]; ok {
		return k.public
	}
	return name
}

// named puts names in the place of keys.
func named(text string) string {
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		text = strings.ReplaceAll(text, keys[name].public, "@"+name)
	}
	return text
}

// unnamed puts keys in the place of names.
func unnamed(text string) string {
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		text = strings.ReplaceAll(text, "@"+name, keys[name].public)
	}
	return text
}

func secret(t testing.TB, name string) claims.Key {
	t.Helper()
	k, err := claims.ParseSeed([]byte(keys[name].seed))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// start is when the tests take place.
var start = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// token returns the token of a module with defaults for what m leaves out.
func token(t testing.TB, issuer string, m claims.Module) string {
	t.Helper()
	m.Subject = key(m.Subject)
	if m.ID == "" {
		m.ID = "test"
	}
	if m.Issued.IsZero() {
		m.Issued = start
	}
	if m.Hash == "" {
		m.Hash = strings.Repeat("0", 64)
	}
	text, err := claims.SignModuleToken(secret(t, issuer), m)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// accountToken returns the token of an account or operator.
func accountToken(t testing.TB, issuer string, a claims.Account) string {
	t.Helper()
	a.Subject, a.ID = key(a.Subject), "test"
	if a.Issued.IsZero() {
		a.Issued = start
	}
	signers := make([]string, len(a.ValidSigners))
	for i, s := range a.ValidSigners {
		signers[i] = key(s)
	}
	a.ValidSigners = signers
	text, err := claims.SignAccount(secret(t, issuer), a)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
