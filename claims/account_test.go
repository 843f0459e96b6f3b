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

// paper is what a token says that the issuer has signed about the subject.
func paper(t testing.TB, issuer, subject claims.Key, signers ...claims.Key) claims.Account {
	t.Helper()
	a, err := claims.ReadAccountToken(paperToken(t, issuer, claims.Account{Subject: subject.Public(), ValidSigners: publics(signers...)}))
	if err != nil {
		t.Fatal(err)
	}
	return a
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
	if o := paper(t, operatorKey(t, 1), operatorKey(t, 1)); o.Kind() != claims.OperatorKey {
		t.Errorf("an operator is of kind %v", o.Kind())
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

// TestChain is acceptance 6: an operator vouches for accounts, an account for modules, each through signers too.
func TestChain(t *testing.T) {
	operator, second, foreign := operatorKey(t, 1), operatorKey(t, 2), operatorKey(t, 3)
	team, signer, stranger := accountKey(t, 1), accountKey(t, 2), accountKey(t, 3)
	expired, err := claims.ReadAccountToken(paperToken(t, operator, claims.Account{Subject: team.Public(), ValidSigners: publics(signer), Issued: now.Add(-time.Hour), Expires: now}))
	if err != nil {
		t.Fatal(err)
	}
	early := expired
	early.Expires, early.NotBefore = time.Time{}, now.Add(1)
	for _, row := range []struct {
		name    string
		issuer  claims.Key
		anchors []string
		papers  []claims.Account
		ok      bool
	}{
		{"the account is an anchor", team, publics(operator, team), nil, true},
		{"nobody is an anchor", team, nil, []claims.Account{paper(t, operator, team)}, false},
		{"an operator is, without a token of the account", team, publics(operator), nil, false},
		{"an operator has issued the account", team, publics(operator), []claims.Account{paper(t, operator, team)}, true},
		{"a foreign operator has", team, publics(operator), []claims.Account{paper(t, foreign, team)}, false},
		{"a signer of the operator has", team, publics(operator), []claims.Account{paper(t, second, team), paper(t, operator, operator, second)}, true},
		{"a signer whom a foreign operator names", team, publics(operator), []claims.Account{paper(t, second, team), paper(t, foreign, foreign, second)}, false},
		{"a signer whom a foreign operator names for this one", team, publics(operator), []claims.Account{paper(t, second, team), paper(t, foreign, operator, second)}, false},
		{"a signer of the account", signer, publics(operator), []claims.Account{paper(t, operator, team, signer)}, true},
		{"a signer of the account, by a signer of the operator", signer, publics(operator), []claims.Account{paper(t, operator, operator, second), paper(t, second, team, signer)}, true},
		{"a signer of an anchor, by itself", signer, publics(team), []claims.Account{paper(t, team, team, signer)}, true},
		{"a signer of an anchor, by a foreign operator", signer, publics(team), []claims.Account{paper(t, foreign, team, signer)}, false},
		{"another than the signer", stranger, publics(operator), []claims.Account{paper(t, operator, team, signer)}, false},
		{"a signer of an account by itself, that an operator has issued", signer, publics(operator), []claims.Account{paper(t, team, team, signer), paper(t, operator, team)}, true},
		{"a signer of an account that is not trusted", signer, publics(operator), []claims.Account{paper(t, team, team, signer)}, false},
		{"a signer of a signer", stranger, publics(team), []claims.Account{paper(t, team, team, signer), paper(t, signer, signer, stranger)}, false},
		{"the token of the account has expired", team, publics(operator), []claims.Account{expired}, false},
		{"a signer by a token that has expired", signer, publics(team, operator), []claims.Account{expired}, false},
		{"a token that is not good yet", signer, publics(team, operator), []claims.Account{early}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := slices.Clone(row.papers)
			err := claims.Chain(claims.Module{Subject: moduleKey(t).Public(), Issuer: row.issuer.Public()}, row.anchors, row.papers, now)
			if row.ok && err != nil {
				t.Error(err)
			} else if !row.ok {
				refused(t, err, claims.Untrusted, "no anchor vouches for")
			}
			if !reflect.DeepEqual(before, row.papers) {
				t.Error("the papers were changed")
			}
		})
	}
}
