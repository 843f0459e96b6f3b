package claims_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/troupe-run/troupe/claims"
)

// The keys of the tests about trust. Each number is another key.
func operatorKey(t testing.TB, n byte) claims.Key { return keyOfAny(t, claims.OperatorKey, n) }
func accountKey(t testing.TB, n byte) claims.Key  { return keyOfAny(t, claims.AccountKey, n) }

func publics(keys ...claims.Key) (list []string) {
	for _, k := range keys {
		list = append(list, k.Public())
	}
	return list
}

func paperToken(t testing.TB, issuer claims.Key, a claims.Account) string {
	t.Helper()
	token, err := claims.SignAccount(issuer, a)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestSignedAccountOpens(t *testing.T) {
	for _, want := range []claims.Account{
		{Subject: accountKey(t, 1).Public(), Name: "team", ID: "i", Issued: now, NotBefore: now, Expires: now.Add(time.Hour), ValidSigners: publics(accountKey(t, 2), accountKey(t, 3))},
		{Subject: operatorKey(t, 1).Public(), ID: "i", Issued: now, ValidSigners: publics(operatorKey(t, 2))},
		{Subject: operatorKey(t, 4).Public(), ID: "i", Issued: now, ValidSigners: []string{}},
	} {
		got, err := claims.ReadAccountToken(paperToken(t, operatorKey(t, 1), want))
		if want.Issuer = operatorKey(t, 1).Public(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
		}
	}
	a, err := claims.ReadAccountToken(paperToken(t, accountKey(t, 1), claims.Account{Subject: accountKey(t, 1).Public()}))
	if err != nil || a.Kind() != claims.AccountKey || len(a.ID) != 22 {
		t.Errorf("for itself: %+v, %v", a, err)
	}
	o, err := claims.ReadAccountToken(paperToken(t, operatorKey(t, 1), claims.Account{Subject: operatorKey(t, 1).Public()}))
	if err != nil || o.Kind() != claims.OperatorKey {
		t.Errorf("an operator: %+v, %v", o, err)
	}
}

func TestSignAccountRefuses(t *testing.T) {
	for _, row := range []struct {
		name   string
		issuer claims.Key
		a      claims.Account
		want   string
	}{
		{"no subject", operatorKey(t, 1), claims.Account{}, "is not a public key"},
		{"a module is the subject", operatorKey(t, 1), claims.Account{Subject: moduleKey(t).Public()}, "not of an account"},
		{"another account issues", accountKey(t, 1), claims.Account{Subject: accountKey(t, 2).Public()}, "not of an operator"},
		{"an account issues an operator", accountKey(t, 1), claims.Account{Subject: operatorKey(t, 2).Public()}, "not of an operator"},
		{"a user issues", alice(t), claims.Account{Subject: accountKey(t, 2).Public()}, "not of an operator"},
		{"no key", claims.Key{}, claims.Account{Subject: accountKey(t, 2).Public()}, "is not a public key"},
		{"an operator signs for an account", operatorKey(t, 1), claims.Account{Subject: accountKey(t, 1).Public(), ValidSigners: publics(operatorKey(t, 2))}, "not of an account"},
		{"too many signers", operatorKey(t, 1), claims.Account{Subject: accountKey(t, 1).Public(), ValidSigners: slices.Repeat(publics(accountKey(t, 2)), 257)}, "257 signers"},
		{"never good", operatorKey(t, 1), claims.Account{Subject: accountKey(t, 1).Public(), NotBefore: now, Expires: now}, "mixed up"},
		{"control character", operatorKey(t, 1), claims.Account{Subject: accountKey(t, 1).Public(), Name: "\n"}, "control character"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := claims.SignAccount(row.issuer, row.a)
			has(t, err, row.want)
		})
	}
}

// accountClaims are those of a token of an account.
func accountClaims(t testing.TB, own string) string {
	return `{"jti":"i","iat":1,"iss":"` + operatorKey(t, 1).Public() + `","sub":"` + accountKey(t, 1).Public() + `","wascap":` + own + `}`
}

func TestReadAccountTokenRefuses(t *testing.T) {
	good := accountClaims(t, `{"name":"n","valid_signers":null}`)
	if a, err := claims.ReadAccountToken(jwt(t, operatorKey(t, 1), wascapHeader, good)); err != nil || a.ValidSigners != nil {
		t.Fatal(a, err)
	}
	for _, row := range []struct {
		name, token string
		reason      claims.Reason
		want        string
	}{
		{"nothing", "", claims.Unsigned, "no token"},
		{"signed with another key", jwt(t, operatorKey(t, 2), wascapHeader, good), claims.BadSignature, "another key"},
		{"the account has signed it", jwt(t, accountKey(t, 5), wascapHeader, good), claims.BadSignature, "another key"},
		{"a signer is no key", jwt(t, operatorKey(t, 1), wascapHeader, accountClaims(t, `{"valid_signers":["x"]}`)), claims.BadKey, "signer"},
		{"signers are a text", jwt(t, operatorKey(t, 1), wascapHeader, accountClaims(t, `{"valid_signers":"x"}`)), claims.Malformed, "not a list"},
		{"signers in other letters", jwt(t, operatorKey(t, 1), wascapHeader, accountClaims(t, `{"Valid_Signers":[]}`)), claims.Malformed, "other letters"},
		{"a module's", jwt(t, account(t), wascapHeader, wascapClaims(t, hexSum(plain), nil)), claims.BadKey, "subject"},
		{"issued by a cluster", jwt(t, keyOfAny(t, claims.ClusterKey, 1), wascapHeader, strings.Replace(good, operatorKey(t, 1).Public(), keyOfAny(t, claims.ClusterKey, 1).Public(), 1)), claims.BadKey, "issuer"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := claims.ReadAccountToken(row.token)
			refused(t, err, row.reason, row.want)
		})
	}
}
