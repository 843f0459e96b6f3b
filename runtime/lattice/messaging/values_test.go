package messaging

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

const testSeed = "SUAMLK2ZNL35WSMW37E7UD4VZ7ELPKW7DHC3BWBSD2GCZ7IUQQXZIORRBU"

func TestValues(t *testing.T) {
	v, err := ParseValues(map[string]string{"SUBSCRIPTION": " a.*, b|q , a.*,", "URI": "10.0.0.1:4222, tls://joe:secret@nats.example", "in_flight": "1", "retry_ms": "5", "PUBLISH": ">", "SUBSCRIPTON": "x"},
		map[string]string{"uri": "nats://elsewhere", "max_deliver": "9", "stream": "S"})
	want := &Values{URIs: []string{"nats://10.0.0.1:4222", "tls://joe:secret@nats.example"}, Subscriptions: []Subscription{{"a.*", ""}, {"b", "q"}}, Stream: "S",
		MaxDeliver: 9, Retry: 5 * time.Millisecond, AckWait: DefaultAckWait, InFlight: 1, Unknown: []string{"subscripton"}}
	if err != nil || !reflect.DeepEqual(v, want) {
		t.Errorf("%+v, %v", v, err)
	}
	if got := v.place(); got != "nats://10.0.0.1:4222, tls://nats.example" {
		t.Errorf("it is at %s", got)
	}
	v, err = ParseValues(map[string]string{"cluster_uris": `["0.0.0.0:4222"]`, "auth_seed": testSeed, "auth_jwt": "x.y.z", "ping_interval_sec": "5"}, nil)
	if err != nil || v.URIs[0] != DefaultURI || v.Seed != testSeed || v.JWT != "x.y.z" || v.Unknown != nil {
		t.Errorf("%+v, %v", v, err)
	}
	if got := v.hide("nats: " + testSeed + " and x.y.z"); got != "nats: … and …" {
		t.Error(got)
	}
}

func TestWrongValues(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{"subscription", "a b", "subscription"}, {"subscription", "a..b", "subscription"}, {"subscription", "a.>.b", "subscription"}, {"subscription", "a|", "subscription"},
		{"uri", "", "uri"}, {"uri", "http://x", "uri"}, {"uri", "nats://u:swordfish@h:port", "uri"}, {"cluster_uris", "[]", "uri"},
		{"client_jwt", "x", "client_seed"}, {"client_seed", "swordfish", "client_seed"}, {"durable", "d", "stream"}, {"stream", "a.b", "stream"}, {"stream", "", "stream"},
		{"max_deliver", "0", "max_deliver"}, {"in_flight", "x", "in_flight"}, {"retry_ms", "-1", "retry_ms"}, {"ack_wait_ms", "1", "ack_wait_ms"}, {"publish_ack", "perhaps", "publish_ack"},
	} {
		_, err := ParseValues(map[string]string{c.key: c.value}, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "swordfish") {
			t.Errorf("%s=%q: %v", c.key, c.value, err)
		}
	}
	for _, both := range []map[string]string{{"uri": "a", "URI": "b"}, {"creds": "f", "client_seed": testSeed}} {
		if _, err := ParseValues(both, nil); err == nil {
			t.Errorf("%v is taken", both)
		}
	}
}

func FuzzValues(f *testing.F) {
	f.Add(`{"URI":"nats://a:b@c","SUBSCRIPTION":"a,b|q","stream":"S","durable":"d"}`)
	f.Add(`{"cluster_uris":"[\"x\"]","retry_ms":"1"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var given map[string]string
		if json.Unmarshal([]byte(text), &given) != nil {
			return
		}
		v, err := ParseValues(given, nil)
		if err != nil {
			return
		}
		if len(v.URIs) == 0 || v.InFlight < 1 || v.MaxDeliver < 1 || v.AckWait <= 0 {
			t.Fatalf("%+v", v)
		}
		if strings.Contains(v.place(), "@") {
			t.Fatalf("it is at %s", v.place())
		}
		for _, s := range v.Subscriptions {
			if s.Subject == "" || strings.ContainsAny(s.Subject+s.Queue, " \r\n\t") {
				t.Fatalf("%+v", s)
			}
		}
	})
}
