package gateway

import (
	"regexp"
	"strings"
	"testing"

	"github.com/troupe-run/troupe/runtime/gateway/dashboard"
)

// TestDashboard checks that the dashboard that there is can be served under its policy, and needs nothing else.
func TestDashboard(t *testing.T) {
	g := newGateway(t, script{}, Options{Assets: dashboard.Assets()})
	page := do(g, "GET", "/", "").Body.String()
	links := regexp.MustCompile(`(?:src|href)="([^"#]*)"`).FindAllStringSubmatch(page, -1)
	if len(links) < 2 {
		t.Errorf("the page loads %d files", len(links))
	}
	for _, link := range links {
		target := "/" + strings.TrimPrefix(strings.TrimPrefix(link[1], "./"), "/")
		if w := do(g, "GET", target, ""); w.Code != 200 || w.Header().Get("ETag") == "" {
			t.Errorf("%s: %d", link[1], w.Code)
		}
	}
	if strings.Contains(page, "<style") || strings.Contains(page, " style=") || regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(page) {
		t.Error("the policy forbids what is in the page")
	}
}
