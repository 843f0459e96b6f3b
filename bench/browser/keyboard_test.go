package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// tabTo presses the tabulator until the element that has the focus has the text, and returns how often.
func (b *tab) tabTo(text string) int {
	b.Helper()
	for n := 1; n <= 60; n++ {
		b.press(kb.Tab)
		if b.is(`((e) => (e.labels?.[0]?.textContent ?? e.getAttribute("aria-label") ?? e.textContent).trim().startsWith(` + quote(text) + `))(document.activeElement)`) {
			if !b.is(`((s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1)(getComputedStyle(document.activeElement))`) {
				b.Errorf("nobody sees that %s has the focus", text)
			}
			return n
		}
	}
	b.fail("the tabulator never came to %s", text)
	return 0
}

// TestKeyboard uses the dashboard without a mouse.
func TestKeyboard(t *testing.T) {
	b := open(t, "/")
	b.eval(`(document.activeElement.blur(), true)`, new(bool))
	b.tabTo("Skip to content")
	if !b.is(`document.activeElement.getBoundingClientRect().left >= 0`) {
		t.Error("the skip link is not seen when it has the focus")
	}
	b.press(kb.Enter)
	b.wait(`document.activeElement.id === "main"`)

	b.eval(`(document.querySelector(".skip").focus(), true)`, new(bool))
	b.tabTo("Actors")
	b.press(kb.Enter)
	b.shows("h1", "Actors")
	b.wait(`document.activeElement.id === "main"`)
	b.tabTo("Address begins")
	b.press("warr")
	b.wait(`document.querySelectorAll("tbody tr").length === 1`)
	b.tabTo("warrior")
	b.press(kb.Enter)
	b.shows("h1", "warrior")
	b.shows("option", "payout")

	b.tabTo("Message")
	b.press(kb.ArrowDown)
	b.tabTo("player")
	b.press("keyboard")
	b.tabTo("As")
	b.press("engine" + kb.Enter)
	b.shows(".result", "committed")
	b.shows("tbody tr", "succeeded/keyboard")

	b.tabTo("Send")
	b.tabTo("transaction")
	b.press(kb.Enter)
	b.shows("h1", "Transaction")
	b.wait(`document.querySelector("[role=treeitem]")`)
	b.tabTo("▾")
	b.press(kb.ArrowLeft)
	b.wait(`document.activeElement.getAttribute("aria-expanded") === "false"`)
	b.press(" ")
	b.wait(`document.activeElement.getAttribute("aria-expanded") === "true"`)
}
