package browser

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

const dashboard = root + "/runtime/gateway/dashboard"

// axe is the source of axe-core.
var axe string

// findAxe reads axe-core from what npm has installed for the dashboard, and lets npm install it where it is missing.
func findAxe() error {
	file := filepath.Join(dashboard, "node_modules/axe-core/axe.min.js")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		if _, err := exec.LookPath("npm"); err != nil {
			return errors.New("axe-core is not installed and there is no npm: install Node.js, by .ci/toolchains browser for example")
		}
		install := exec.Command("npm", "ci", "--no-audit", "--no-fund")
		install.Dir = dashboard
		if out, err := install.CombinedOutput(); err != nil {
			return fmt.Errorf("npm ci in %s, for axe-core: %w\n%s", dashboard, err, out)
		}
		text, err = os.ReadFile(file)
	}
	axe = string(text)
	return err
}

// accessible lets axe-core look at the page as it is now: all of its rules, those for contrast, labels and roles among
// them. What it cannot decide is no violation.
func (b *tab) accessible(page string) {
	b.Helper()
	if !b.eval("typeof axe === 'object'", new(bool)) {
		b.do(chromedp.Evaluate[chromedp.Void](axe + "; undefined"))
	}
	var text string
	b.eval(`axe.run(document, {resultTypes: ["violations"]}).then((r) => JSON.stringify({violations: r.violations, passes: r.passes.length}))`, &text)
	var result struct {
		Violations []struct {
			ID, Help string
			Nodes    []struct {
				HTML           string
				FailureSummary string
			}
		}
		Passes int
	}
	if err := json.Unmarshal([]byte(text), &result); err != nil {
		b.Fatalf("%s: axe answered %q: %v", page, text, err)
	}
	if result.Passes < 10 {
		b.Errorf("%s: only %d rules had something to look at", page, result.Passes)
	}
	for _, v := range result.Violations {
		for _, n := range v.Nodes {
			b.Errorf("%s: %s: %s\n%s\n%s", page, v.ID, v.Help, n.HTML, strings.TrimSpace(n.FailureSummary))
		}
	}
}
