package claims_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
)

func cluster(t testing.TB) claims.Key { return keyOfAny(t, claims.ClusterKey, 1) }

// increment is the invocation of the reference, but for its id and its host.
func increment(t testing.TB) claims.Invocation {
	return claims.Invocation{
		Origin:    claims.Entity{Key: "MBCFOPM6JW2APJLXJD3Z5O4CN7CPYJ2B4FTKLJUR5YR5MITIU7HD3WD5"},
		Target:    claims.Entity{Key: "VAZVC4RX54J2NVCMCW7BPCAHGGG5XZXDBXFUMDUXGESTMQEJLC3YVZWB", Contract: "wasmcloud:keyvalue", Link: "default"},
		Operation: "KeyValue.Increment", Message: must(hex.DecodeString("82a36b6579b2636f756e7465723a3a6d79636f756e746572a576616c756501")),
		ID: "0f5d2b5e-3c1f-4a27-9c0e-9d6a3c6a7b10", Host: node(t).Public(),
	}
}

func signInvocation(t testing.TB, i claims.Invocation) string {
	t.Helper()
	token, err := claims.SignInvocation(cluster(t), i, now)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func check(t testing.TB, i claims.Invocation, token string, at time.Time) error {
	return claims.OpenInvocation(i, token, i.Target, publics(cluster(t)), claims.NewReplays(now.Add(-time.Hour), 0), at)
}

// TestInvocationVector is the vector of 3.1.
func TestInvocationVector(t *testing.T) {
	i := increment(t)
	if got := i.Target.URL() + "/" + i.Operation; got != "wasmbus://wasmcloud/keyvalue/default/VAZVC4RX54J2NVCMCW7BPCAHGGG5XZXDBXFUMDUXGESTMQEJLC3YVZWB/KeyValue.Increment" {
		t.Errorf("the target is %s", got)
	}
	if got := i.Hash(); got != "28F68C3DF8642E7C78B8DE20B2A739BEDE9F454D86FD7A3855744C7536AE21BC" {
		t.Errorf("the hash is %s", got)
	}
}

func TestSignedInvocationIsTaken(t *testing.T) {
	i := increment(t)
	if err := check(t, i, signInvocation(t, i), now.Add(time.Minute-1)); err != nil {
		t.Error(err)
	}
	i.Origin, i.Target, i.Message = i.Target, i.Origin, nil // a provider asks an actor
	if err := check(t, i, signInvocation(t, i), now); err != nil {
		t.Error(err)
	}
	// Hosts of classic wasmCloud make tokens that do not expire.
	if err := check(t, increment(t), jwt(t, cluster(t), wascapHeader, invocationClaims(t, increment(t))), now); err != nil {
		t.Error(err)
	}
}

// invocationClaims are those that classic hosts write.
func invocationClaims(t testing.TB, i claims.Invocation) string {
	return `{"jti":"i","iat":1795262400,"iss":"` + cluster(t).Public() + `","sub":"` + i.ID + `","wascap":{"target_url":"` + i.Target.URL() + "/" + i.Operation +
		`","origin_url":"` + i.Origin.URL() + `","hash":"` + i.Hash() + `"},"wascap_revision":3}`
}

// TestInvocationRefused is acceptance 25, as far as it is about tokens.
func TestInvocationRefused(t *testing.T) {
	token := signInvocation(t, increment(t))
	classic := jwt(t, cluster(t), wascapHeader, invocationClaims(t, increment(t)))
	with := func(alter func(*claims.Invocation)) claims.Invocation {
		i := increment(t)
		alter(&i)
		return i
	}
	other := keyOfAny(t, claims.ProviderKey, 9).Public()
	for _, row := range []struct {
		name   string
		i      claims.Invocation
		token  string
		at     time.Time
		reason claims.Reason
		want   string
	}{
		{"unsigned", increment(t), "", now, claims.Unsigned, "no token"},
		{"forged", increment(t), jwt(t, keyOfAny(t, claims.ClusterKey, 9), wascapHeader, invocationClaims(t, increment(t))), now, claims.BadSignature, "another key"},
		{"wrong issuer", increment(t), jwt(t, keyOfAny(t, claims.ClusterKey, 9), wascapHeader, strings.Replace(invocationClaims(t, increment(t)), cluster(t).Public(), keyOfAny(t, claims.ClusterKey, 9).Public(), 1)), now, claims.Untrusted, "no cluster of this host"},
		{"an account has issued it", increment(t), jwt(t, account(t), wascapHeader, strings.Replace(invocationClaims(t, increment(t)), cluster(t).Public(), account(t).Public(), 1)), now, claims.BadKey, "not of a cluster"},
		{"tampered message", with(func(i *claims.Invocation) { i.Message[0] ^= 1 }), token, now, claims.BadBody, "another message"},
		{"message swapped for an empty one", with(func(i *claims.Invocation) { i.Message = nil }), token, now, claims.BadBody, "than the 0 bytes"},
		{"tampered operation", with(func(i *claims.Invocation) { i.Operation = "KeyValue.Clear" }), token, now, claims.BadAudience, "another target or operation"},
		{"the boundary moved", with(func(i *claims.Invocation) {
			i.Operation, i.Message = i.Operation[:17], append([]byte("t"), i.Message...)
		}), token, now, claims.BadAudience, "another target or operation"},
		{"tampered origin", with(func(i *claims.Invocation) { i.Origin.Key = moduleKey(t).Public() }), token, now, claims.BadAudience, "another origin"},
		{"tampered target", with(func(i *claims.Invocation) { i.Target.Key = other }), token, now, claims.BadAudience, "another target"},
		{"tampered link", with(func(i *claims.Invocation) { i.Target.Link = "other" }), token, now, claims.BadAudience, "another target"},
		{"another id", with(func(i *claims.Invocation) { i.ID = "x" }), token, now, claims.BadBody, "another invocation"},
		{"the same URL: slashes", with(func(i *claims.Invocation) { i.Target.Contract, i.Target.Link = "wasmcloud", "keyvalue/default" }), token, now, claims.Malformed, "slashes"},
		{"the same URL: capital letters", with(func(i *claims.Invocation) { i.Target.Link = "Default" }), token, now, claims.Malformed, "capital letters"},
		{"the same URL: an actor with a contract", with(func(i *claims.Invocation) { i.Origin.Contract = "wasmcloud:keyvalue" }), token, now, claims.Malformed, "nobody has signed"},
		{"a cluster for a host", with(func(i *claims.Invocation) { i.Host = cluster(t).Public() }), token, now, claims.BadKey, "host of an invocation"},
		{"no host", with(func(i *claims.Invocation) { i.Host = "" }), token, now, claims.BadKey, "host of an invocation"},
		{"no operation", with(func(i *claims.Invocation) { i.Operation = "" }), token, now, claims.Malformed, "no operation"},
		{"an account for an origin", with(func(i *claims.Invocation) { i.Origin.Key = account(t).Public() }), token, now, claims.BadKey, "origin"},
		{"a module's token", increment(t), jwt(t, cluster(t), wascapHeader, strings.Replace(wascapClaims(t, hexSum(plain), nil), account(t).Public(), cluster(t).Public(), 1)), now, claims.BadBody, ""},
		{"members in other letters", increment(t), jwt(t, cluster(t), wascapHeader, strings.Replace(invocationClaims(t, increment(t)), `"hash"`, `"Hash"`, 1)), now, claims.Malformed, "other letters"},
		{"over", increment(t), token, now.Add(time.Minute), claims.Stale, "expired"},
		{"over, without a time", increment(t), classic, now.Add(time.Minute), claims.Stale, "expired"},
		{"from the future", increment(t), token, now.Add(-time.Minute), claims.Early, "ahead of the clock"},
	} {
		t.Run(row.name, func(t *testing.T) {
			refused(t, check(t, row.i, row.token, row.at), row.reason, row.want)
		})
	}
	i, replays := increment(t), claims.NewReplays(now.Add(-time.Hour), 0)
	refused(t, claims.OpenInvocation(i, token, claims.Entity{Key: other, Contract: "wasmcloud:keyvalue", Link: "default"}, publics(cluster(t)), replays, now), claims.BadAudience, "and this is")
	if err := claims.OpenInvocation(i, token, i.Target, publics(cluster(t)), replays, now); err != nil {
		t.Error(err)
	}
	refused(t, claims.OpenInvocation(i, token, i.Target, publics(cluster(t)), replays, now.Add(time.Second)), claims.Replayed, "admitted before")
	if replays.Len() != 1 {
		t.Errorf("%d are remembered: only what is taken is", replays.Len())
	}
}

func TestSignInvocationRefuses(t *testing.T) {
	if _, err := claims.SignInvocation(account(t), increment(t), now); err == nil {
		t.Error("an account signs")
	}
	i := increment(t)
	i.Target.Link = ""
	_, err := claims.SignInvocation(cluster(t), i, now)
	has(t, err, "link")
}
