package detect

import (
	"slices"
	"strings"
)

// messenger is a form in which people give an id away. The first group is the id.
type messenger struct {
	form *pattern
	// telling: the id alone must tell that it is one, by a digit or a mark in it;
	// words such as "popular" follow the messenger's name too.
	telling bool
	has     []string // one of these stands in it
}

const (
	says   = `\s*(?:号码?|id|账号|帐号|群号?|搜索?|number|名|ID)?\s*(?:[:=\-]|是|为|就是|\bis\b|➕|加)?\s*[:"“「]?\s*`
	marked = `\s*(?:号码?|id|账号|帐号|handle|username|name)\s*(?:[:=]|是|为|就是|is)?\s*[:"“「]?\s*`
	qq     = `(?:q\s?q|扣扣|叩叩|蔻蔻|企鹅|秋秋|球球|口口)`
	heart  = `[❤♥💗💚💕]`
	wx     = `(?:[微薇威徽维v][ .]?(?:信|亻言|芯|心|x|` + heart + `)|wechat|we chat|wei\s?xin|v[ .]?x|w\s?` + heart + `?\s?x|v\s?信|卫星|[加佳家嘉]\s?[薇微威v]|绿泡泡|绿色软件)`
	wxid   = `([a-z0-9][a-z0-9_\-]{5,19}|\d(?:[ \-]?\d){5,10})`
)

var (
	qqNames    = []string{"群", "q", "扣", "叩", "蔻", "企鹅", "秋秋", "球球", "口口"}
	wxNames    = []string{"微", "薇", "威", "徽", "维", "wechat", "we chat", "weixin", "wei xin", "vx", "v x", "v.x", "v信", "v 信", "v❤", "v ❤", "v♥", "wx", "w x", "w❤", "w ❤", "加v", "佳v", "家v", "嘉v", "卫星", "绿泡泡", "绿色软件"}
	otherNames = []string{"skype", "snap", "sc", "insta", "ig", "discord", "kakao", "signal", "kik", "viber", "facebook", "fb", "messenger", "twitter", "抖音", "小红书", "微博", "快手", "陌陌", "soul"}
)

var forms = []messenger{
	{late(qq + says + `(\d(?:[ \-.]?\d){4,10})`), false, qqNames},
	{late(`(?:加|\+|➕|\bmy |我)\s*q\s*[:是]?\s*(\d(?:[ \-.]?\d){4,10})`), false, []string{"q"}},
	{late(`(?:^|[^a-z])q\s*[:]\s*(\d(?:[ \-.]?\d){4,10})`), false, []string{"q"}},
	{late(`(?:^|[^a-z0-9])q(\d{7,11})`), false, []string{"q"}},
	{late(`(?:q|进|加|入)\s?群\s*号?\s*[:是]?\s*(\d{6,11})`), false, qqNames},
	{late(wx + says + wxid), true, wxNames},
	{late(wx + marked + wxid), false, wxNames},
	{late(`(?:my|我的)\s*` + wx + `\s*(?:id)?\s*(?:is|[:=]|是)\s*` + wxid), false, wxNames},
	{late(wx + `\s*[:=]\s*` + wxid), false, wxNames},
	{late(`(?:加|\+|➕|加我)\s*v\s*[:]?\s*` + wxid), true, []string{"v"}},
	{late(`(?:^|[^a-z])v\s*[:]\s*` + wxid), true, []string{"v"}},
	{late(`(?:^|[^\p{Han}a-z])[微薇威徽]\s*[:]\s*` + wxid), true, []string{"微", "薇", "威", "徽"}},
	{late(`群\s*号\s*码?\s*[:是为]?\s*(\d{6,11})`), false, []string{"群"}},
	{late(`(?:^|[^a-z])line\s*:\s*@?([a-z0-9][a-z0-9._\-]{3,19})`), true, []string{"line"}},
	{late(`(?:telegram|\btg\b|电报|飞机)` + says + `@([a-z][a-z0-9_]{4,31})`), false, []string{"t", "电报", "飞机"}},
	{late(`(?:telegram|\btg\b|电报)` + says + `([a-z][a-z0-9_]{4,31})`), true, []string{"t", "电报", "飞机"}},
	{late(`(?:telegram|\btg\b|电报)\s*(?:id|handle|username|号)?\s*[:=]\s*([a-z][a-z0-9_]{4,31})`), false, []string{"t", "电报", "飞机"}},
	{late(`\bt\.me/(\+?[a-z0-9_]{5,})`), false, []string{"t.me"}},
	{late(`\bwa\.me/(\d{7,15})`), false, []string{"wa.me"}},
	{late(`\bline\s*id\s*(?:[:=]|是)\s*@?([a-z0-9][a-z0-9._\-]{3,19})`), false, []string{"line"}},
	{late(`\bline\s*id\s*(?:is)?\s*@?([a-z0-9][a-z0-9._\-]{3,19})`), true, []string{"line"}},
	{late(`\b(?:my\s+(?:sc|snap(?:chat)?|ig|insta(?:gram)?|discord|skype|viber)|kik)\s+(?:is\s+)?@?([a-z0-9][a-z0-9._\-]{2,29})`), true, otherNames},
	{late(`\bskype\s*(?:id|name)?\s*(?:is|[:=])?\s*live:([a-z0-9._\-]{4,31})`), false, []string{"skype"}},
	{late(`\bsignal\s+(?:username|id|handle)\s*(?:is|[:=])?\s*([a-z][a-z0-9_]{2,31}\.\d{2,9})`), false, []string{"signal"}},
	{late(`(?:抖音|小红书|快手|陌陌)(?:号|id)\s*[:是]?\s*([a-z0-9][a-z0-9._\-]{4,24})`), true, otherNames},
	{late(`(?:skype|snapchat|snap|\bsc\b|instagram|insta|\big\b|discord|kakao(?:talk)?|signal|facebook|\bfb\b|messenger|抖音号?|小红书号?|微博|快手号?|陌陌号?|soul)\s*(?:id|号|账号|handle|name|username)?\s*(?:[:=]|is|是)\s*@?([a-z0-9][a-z0-9._\-]{2,29})`), true, otherNames},
	{late(`(?:skype|snapchat|snap|instagram|insta|\big\b|discord|kakao(?:talk)?|signal|twitter|抖音号?|小红书号?)\s*(?:id|号|账号|handle|name|username)?\s*(?:[:=]|is|是)?\s*@([a-z0-9][a-z0-9._\-]{2,29})`), false, otherNames},
	{late(`(?:skype|snapchat|snap|instagram|insta|discord|kik|viber|kakao(?:talk)?)\s*[:=]\s*([a-z0-9][a-z0-9._\-]{3,29})`), false, otherNames},
	{late(`\b([a-z0-9_.]{2,32}#\d{4})\b`), false, []string{"#"}},
	{late(`\b(?:instagram|facebook|fb)\.(?:com|me)/([a-z0-9._]{3,50})`), false, []string{".com/", ".me/"}},
}

// following are words after a number that say what it counts.
var following = late(`^\s?(?:元|块|人|年|个|万|名|张|款|首|条|版|次|月|日|号线|群友|级|岁|coins|users|people|yuan|million)`)

// plain are words that follow a messenger's name and are no id.
var plain = []string{"payment", "payments", "official", "account", "android", "version", "message", "messages", "messenger", "moments", "mini-program", "popular", "channel", "channels",
	"support", "download", "groups", "business", "sticker", "stickers", "please", "username", "update", "windows", "desktop", "number", "install", "privacy", "policy", "scanner", "red-packet"}

func messengers(f *folded) []Finding {
	var found []Finding
	for _, m := range forms {
		if !f.any(m.has...) {
			continue
		}
		for _, at := range m.form.FindAllStringSubmatchIndex(f.s, -1) {
			id := f.s[at[2]:at[3]]
			switch {
			case m.telling && !strings.ContainsAny(id, "0123456789_"), slices.Contains(plain, id):
			case id[0] >= '0' && id[0] <= '9' && following.MatchString(f.s[at[3]:]):
			case at[3] < len(f.s) && (f.s[at[3]] >= 'a' && f.s[at[3]] <= 'z' || f.s[at[3]] >= '0' && f.s[at[3]] <= '9'):
			default:
				found = append(found, f.finding(IM, at[2], at[3]))
			}
		}
	}
	return found
}
