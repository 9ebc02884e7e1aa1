package journey_test

import (
	"testing"
	"time"
)

// TestAChildNamesAParent goes the whole way of both in real browsers: the young person
// without scripts, the parent in Chinese with the keyboard alone on a small screen.
func TestAChildNamesAParent(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.Call("collect", `{"subject":"kid","purpose":"manage-account","point":"sign-up","feature":"account","source":"person","items":[{"datum":"email","value":"kid@haven.example"},{"datum":"name","value":"Placeholder Kid"}],`+
		`"agree":{"policy_hash":"`+string(h.Program.Hash())+`","accept":true,"gesture":"accept-button","language":"en"}}`)

	kid := h.screen()
	must(t, kid.WithoutScripts())
	url, _ := h.Call("hand-overs", `{"subject":"kid","signed_in":"`+h.Now().Format(time.RFC3339)+`"}`)["url"].(string)
	kid.Goto(url)
	kid.Follow("main form button")
	kid.to("/children")
	kid.Click("#sure")
	kid.Follow(`form[action$="/children/young"] button`)
	kid.reads("Nothing more is taken in about you", "Name a parent or guardian")
	kid.Fill("#address", "mum@home.example")
	kid.Follow(`form[action$="/children/guardian"] button`)
	kid.reads("We asked the person whom you named", "mu•••ple")
	h.Letters("mum@home.example", 1)

	mum := h.screen()
	must(t, mum.Width(320))
	must(t, mum.Header("Accept-Language", "zh"))
	mum.to("/guardian")
	mum.tabTo("#address")
	mum.types("mum@home.example")
	mum.EnterLeads()
	mum.reads("填写验证码")
	mum.tabTo("#code")
	mum.types(h.Code("mum@home.example", 2))
	mum.EnterLeads()
	mum.reads("作为父母或监护人，您是否同意？", "电子邮箱")
	mum.lacks("kid@haven.example", "Placeholder Kid")
	mum.fits(320)
	mum.tabTo("button[value=yes]")
	mum.EnterLeads()
	mum.reads("已保存：您同意", "您已作为父母或监护人同意")
	mum.Accessible()
	mum.Click("#sure")
	mum.Follow(`form[action$="/erase"] button`)
	mum.reads("全部信息将于")
	kid.to("/leave")
	kid.reads("The parent or guardian whom you named asked for it")
	kid.lacks(`action="/privacy/club/leave/undo"`)
	mum.Follow(`form[action$="/undo"] button`)
	mum.reads("已撤销：一切恢复原状。")
	kid.to("/children")
	kid.reads("A parent or guardian agreed", "Agreed")
	mum.fits(320)
	mum.sound()
	kid.sound()
}
