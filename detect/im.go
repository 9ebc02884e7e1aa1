package detect

import (
	"slices"
	"strings"
)

// Ids of messengers stand behind the messenger's name, with words and marks between that
// say more or less clearly that an id follows; or before it ("lina_m on telegram"); or in a
// link. What is between is read by [telling], and how clear it must be depends on how much
// the name is an everyday word.

// service is a messenger or a network by which people are written to.
type service struct {
	name *pattern
	has  []string // one of these stands in the name
	// numbered: its ids are numbers of 5 to 11 digits
	numbered bool
	// common: the name means something else as often, and the words between must tell
	common bool
}

const heart = `[❤♥💗💚💕💙💛🧡💜🖤🤍]`

var services = []service{
	// QQ
	{late(`(?:(?:^|[^a-z])q[\s.\-_]?q|扣扣|叩叩|蔻蔻|寇寇|抠抠|企鹅君?|秋秋|球球|口口|丘丘|🐧)`), []string{"qq", "q q", "q.q", "q-q", "q_q", "扣", "叩", "蔻", "寇", "抠", "企鹅", "秋秋", "球球", "口口", "丘丘", "🐧"}, true, false},
	{late(`(?:[+➕加] ?|我的? ?|\bmy |\badd )[q扣抠蔻]|小q|鹅号|鹅厂号`), []string{"加扣", "加抠", "加蔻", "+扣", "小q", "鹅", "+q", "+ q", "➕q", "➕ q", "加q", "加 q", "我q", "我 q", "的q", "的 q", "my q", "add q"}, true, false},
	{late(`(?:^|[\s,，。！；:/|【（(👉]|\p{So}|\p{Han})q|(?:^|[^\p{Han}a-z0-9])[扣抠]`), nil, true, true},
	{late(`(?:q|进|加|入|扣)\s?群|群聊?\s*号`), []string{"群"}, true, false},
	{late(`群`), []string{"群"}, true, true},
	// WeChat, also by what sounds or looks like it, or is drawn so
	{late(`(?:[加佳家嘉伽我的] ?[薇微威徽](?:信|芯|心|x|亻言|` + heart + `)?|[微薇威徽维溦崴魏围葳巍徾v某][ .\-_]?(?:信|xin|芯|心|星|亻言|訊|讯|x|` + heart + `)|(?:^|[^a-z])(?:we[ \-]?chat|wei\s?x[iy]n|v[ .\-_/]{0,2}x|w\s?` + heart + `?[ .\-_]{0,2}x|vvx)|wei ?[信芯]|卫星|绿泡泡?|绿色(?:聊天)?(?:软件|图标|气泡|app)|绿信|[vw]\s?信|(?:^|[^a-z])[vw]\s?` + heart + `)`), []string{"信", "芯", "心", "星", "亻言", "讯", "vx", "v x", "v.x", "v-x", "v_x", "v/x", "v . x", "v  x", "wx", "w x", "w.x", "w-x", "w_x", "weixin", "wei xin", "weixyn", "vvx", "微x", "薇x", "威x", "❤", "♥", "💗", "💚", "💕", "💙", "💛", "🧡", "💜", "🖤", "🤍", "chat", "薇", "微", "威", "徽", "绿"}, false, false},
	{late(`(?:[+➕加佳家嘉伽]|加我|我的?) ?v`), []string{"+v", "+ v", "➕v", "➕ v", "加v", "加 v", "佳v", "家v", "嘉v", "伽v", "我v", "我 v", "的v", "的 v"}, false, false},
	{late(`(?:(?:^|[^\p{Han}a-z0-9])[微薇威徽溦葳]` + heart + `?|(?:^|[\s,，。！；:/|【（👉]|\p{So}|\p{Han})[vw])`), nil, false, true},
	// others
	{late(`(?:\btele(?:gram|gramm|g|ga)?\b|\btlg\b|小飞机|\btg\b|\bt\.g\b|电报|纸?飞机)`), []string{"tele", "tg", "t.g", "电报", "飞机"}, false, false},
	{late(`(?:\bdiscord\b|\bdisc\b|\bskype\b|\bkakao ?(?:talk)?\b|\bviber\b|\bzalo\b|\bkik\b|\bsnapchat\b|\binstagram\b|\binsta\b|\big\b|\bthreema\b|\bwickr\b|\bicq\b|\btox\b|\bwire\b|\bimo\b|\bbotim\b|\btwitter\b|\bfacebook\b|\bfb\b|\btiktok\b|\btik tok\b|\bvk\b|\bding ?talk\b|\bbluesky\b|\bmastodon\b|\bfacetime\b|\bimessage\b|\bgoogle chat\b|\bhangouts\b|\bwhats ?app\b|\bbilibili\b|\bdouyin\b|\bweibo\b|\bxhs\b|\bmomo\b)`), []string{"disc", "skype", "kakao", "viber", "zalo", "kik", "snapchat", "insta", "ig", "threema", "wickr", "icq", "tox", "wire", "imo", "botim", "twitter", "facebook", "fb", "tik", "vk", "ding", "bluesky", "mastodon", "facetime", "imessage", "google chat", "hangouts", "whats", "bilibili", "douyin", "weibo", "xhs", "momo"}, false, false},
	{late(`(?:\bline\b|\bsignal\b|\bsnap\b|\bsc\b|\bmessenger\b|\bins\b|\bdc\b|\bdy\b|\bks\b|\bx\s?:)`), []string{"line", "signal", "snap", "sc", "messenger", "ins", "dc", "dy", "ks", "x"}, false, true},
	// nobody's messenger: whoever reads knows which
	{late(`(?:\badd me\b|\bhmu\b|\bhit me up\b|\bfind me\b|加我|搜我|联系我|私我|[+➕]我|滴滴我)`), []string{"add me", "hmu", "hit me up", "find me", "加我", "搜我", "联系我", "私我", "+我", "➕我", "滴滴我"}, false, true},
	{late(`小绿书?`), []string{"小绿"}, false, true},
	{late(`(?:抖音|某音|某书|地瓜书|快手|小红书|红薯|微博|围脖|陌陌|探探|soul|b站|哔哩哔哩|钉钉|飞书|知乎|豆瓣|连我|카톡|카카오톡|라인|ライン|カカオ)`), []string{"抖音", "快手", "小红书", "红薯", "微博", "围脖", "陌陌", "探探", "soul", "b站", "哔哩", "钉钉", "飞书", "知乎", "豆瓣", "连我", "카톡", "카카오톡", "라인", "ライン", "カカオ"}, false, false},
}

// alone reports whether one of the letters stands in a text by itself.
func alone(s, letters string) bool {
	for i := range len(s) {
		if strings.IndexByte(letters, s[i]) >= 0 && (i == 0 || !idByte(s[i-1])) && (i+1 == len(s) || !letter(s[i+1])) {
			return true
		}
	}
	return false
}

const (
	said   = `id|码|tag|gamertag|号码?|账号|帐号|账户|用户名|昵称|handle|user\s?name|user|nick(?:name)?|screen ?name|account|acc|acct|uid|profile|code|아이디`
	linked = `'s|is|are|was|at|as|under|me|us|by|via|on|add|find|search|hit|up|here|there|with|name|number|no\.?|our|my|the|talk|app|call(?:ed)?|名字?|是|为|就|叫做?|同名|同号|同|搜一?下?|搜索|查找|添加|加一?下?|我的?|找我?|群|联系|私|聊|请|也是|都是|一样|吧|呀|哦|呢|啊|哈|个|戳|滴滴|敲|扫|ですは|は|です`
	marks  = `[\p{So}\p{Sk}\s:=\-–>"'“”「」『』（）()\[\]【】@/,，、👉👈➡→🔍|~*_^.!?…]|➕|\+`
)

var (
	joint = late(`^(?:` + said + `|` + linked + `|` + marks + `)`)
	sayer = late(`(?:^|[^a-z])(?:` + said + `)`)
	pairs = late(`[:=|👉➡→@>\-–]|是|为|叫|就是|\bis\b|搜|同名|➕|\bunder\b|\bas\b|は`)

	handle = late(`^[a-z0-9](?:[a-z0-9._\-]{1,31}[a-z0-9_\-]|[a-z0-9_])`)
	serial = late(`^\d(?:[ \-.,_*~]{0,2}[\dol]){4,10}`)
	// an id letter by letter, and the rest of one whose marks are spelled
	spaced = late(`^(?:[a-z0-9_][ .\-]){4,20}[a-z0-9_](?:$|[^a-z0-9])`)
	spelt  = late(`^(?:\s?(?:underscore|under score|下划线|dash|横杠|dot|点)\s?[a-z0-9_]{1,20})+`)

	dashed = late(`[a-z0-9]-$`)
	asking = late(`(?:me|up|hmu|我)$`)
	// what stands before the first word of a sentence
	opening = late(`(?:^|[\n,;.!?|/(（，。；！？、👉]|\p{So})\s*$`)
	// whose it is, before the messenger's name
	owned = late(`(?:\bmy\b|\badd\b|\bfind\b|\bhmu\b|\bhit\b|\breach\b|\bon\b|\bme\b|\bdm\b|\bmsg\b|\bmessage\b|\bvia\b|我|加|找|联系|私|➕|\+)[\p{Han}\sa-z:,']{0,12}$`)
	// what an id is followed by where it has nothing in itself that tells
	closing = late(`^\s*(?:$|[\n,;!?)\]」”"'，。；！？）】]|\.(?:\s|$)|[^a-z0-9\s.]|(?:if|or|and|for|any ?time|thx|thanks|please|pls|dm|add|hmu|call|text|message|lol|xx?o?|on|btw|same)\b)`)

	version = late(`^v?\d+(?:\.\d+)+$`)
	amounts = late(`^\d+(?:k|m|g|gb|mb|x|st|nd|rd|th|s|h|min|sec|fps|bit|bits|bytes|p|px|usd|rmb|eur|people|users|am|pm|am-\d+pm|d|cm|mm|kg)$`)
	model   = late(`^(?:ios|android|iphone|ipad|windows|win|mp|web|api|beta|alpha|version|ver|v|rc|build|gpt|covid|ps|xbox|usb|h|x|i|s|a|p|g|rtx|gtx|top|part|page|room|step|level|lv|round|season|episode|ep|vol|no|nr|q|fy|formula|area|apollo|hd)[\-_. ]?\d{1,4}(?:[.\-]\d+)*(?:pro|max|plus|s|h)?$`)
	clock   = late(`^\d{1,2}(?:am|pm|h\d{0,2})$`)
)

// following are words after a number that say what it counts.
var following = late(`^\s?(?:元|块|人|年|个|万|亿|名|张|款|首|条|版|次|月|日|号线|群友|级|岁|天|分|钻|币|赞|粉|周年|赛季|coins|users|people|yuan|million|members|followers|likes|times|years|points|levels?|[.:]\d|%)`)

// plain are words that follow a messenger's name and are no id.
var plain = []string{"payment", "payments", "official", "account", "android", "version", "message", "messages", "messenger", "moments", "mini-program", "popular", "channel", "channels",
	"support", "download", "groups", "group", "business", "sticker", "stickers", "please", "username", "update", "windows", "desktop", "number", "install", "privacy", "policy", "scanner", "red-packet",
	"server", "servers", "chat", "chats", "call", "calls", "story", "stories", "post", "posts", "page", "pages", "user", "users", "down", "broken", "free", "login", "password", "premium", "community",
	"there", "here", "this", "that", "then", "what", "when", "where", "which", "with", "your", "have", "just", "only", "busy", "private", "hacked", "banned", "closed", "gone", "dead", "better", "works",
	"working", "unknown", "none", "yes", "sure", "same", "soon", "later", "tomorrow", "today", "tonight", "never", "sorry", "hello", "true", "false", "null", "error", "offline", "online", "required",
	"optional", "anonymous", "missing", "invalid", "breaking", "lost", "noise", "strength", "processing", "break", "up", "down", "is", "was", "the", "and", "not", "for", "all", "new", "old", "app", "web", "bot", "bots"}

// links lead to somebody's account by themselves. The first group is the id.
var links = []struct {
	form *pattern
	has  []string
}{
	{late(`\bt(?:\s?\.\s?|\s?dot\s?|点)me\s?(?:/|\sslash\s)\s?(\+?[a-z0-9_]{5,})`), []string{"me"}},
	{late(`\btelegram\.(?:me|dog)/(\+?[a-z0-9_]{5,})`), []string{"telegram."}},
	{late(`\b(?:wa|chat\.whatsapp|api\.whatsapp|zalo|m)\.(?:me|com)/(?:send\?phone=)?(\+?[a-z0-9.]{5,})`), []string{".me/", ".com/"}},
	{late(`\bdiscord(?:app)?\.(?:gg|com/(?:users|invite))/([a-z0-9\-]{2,32})`), []string{"discord"}},
	{late(`\b(?:line\.me|lin\.ee)/(?:ti/p/)?([~@]?[a-z0-9._%\-]{4,})`), []string{"line.me", "lin.ee"}},
	{late(`\b(?:instagram|facebook|fb|ig|snapchat|vk|threads)\.(?:com|me|net)/(?:add/|profile\.php\?id=|@)?([a-z0-9._]{3,50})`), []string{".com/", ".me/", ".net/"}},
	{late(`\b(?:tiktok|mastodon|threads|youtube)\.[a-z]{2,6}/(@[a-z0-9._]{2,30})`), []string{"/@"}},
	{late(`\b(?:join\.skype\.com|open\.kakao\.com|u\.wechat\.com|qm\.qq\.com|signal\.me|signal\.group|m\.me|viber\.click|msng\.link)/([a-z0-9#+/._\-?=]{3,})`), []string{"skype.com", "kakao.com", "wechat.com", "qq.com", "signal.", "m.me", "viber.", "msng."}},
	{late(`(?:^|[\s(:,])(@[a-z0-9_.]{1,30}[@:][a-z0-9\-]+(?:\.[a-z0-9\-]+)+)`), []string{"@"}},
	{late(`\b([a-z0-9\-]{3,30}\.bsky\.social)\b`), []string{"bsky"}},
	{late(`\bskype\s*(?:id|name)?\s*(?:is|[:=])?\s*(live:[a-z0-9._\-]{4,31})`), []string{"skype"}},
	{late(`\b(wxid_[a-z0-9]{6,20})`), []string{"wxid"}},
	{late(`(?:^|[^a-z0-9])q(\d{7,11})(?:$|[^a-z0-9])`), []string{"q"}},
	{late(`\bthreema[ \-]?(?:id)?\s*(?:is|[:=])?\s*([a-z0-9*][a-z0-9]{7})\b`), []string{"threema"}},
	{late(`\bsession\s?(?:id)?\s*(?:is|[:=])?\s*(05[0-9a-f]{64})\b`), []string{"session"}},
}

// numberSign is a Discord name of the older kind; things are numbered by the same sign.
var (
	numberSign = late(`(?:^|[^a-z0-9_./\-])([a-z0-9_.]{2,32}#\d{4})\b`)
	counted4   = late(`^(?:issues?|pr|pull|bug|ticket|order|apt|unit|suite|ste|room|no|nr|item|lot|case|c|box|part|page|build|commit|chapter|episode|ep|sku|model|number|locker|gate|seat|task|job|fix(?:es)?|closes|ref|rev|story|jira|id|batch|invoice)#`)
)

// reversed is an id before the messenger's name.
var reversed = late(`(@?\b[a-z0-9][a-z0-9._\-]{3,31})[\s"”)]*(?:\(|\bon\b|\bat\b|\bin\b|\bvia\b|,|-|–|->|：|:|=|是我的?|这?是我|\bis my\b|\bover on\b|\beverywhere,)\s*(?:my\s|our\s|the\s|我的?)?\s*(?:telegram|tele|tg|discord|disc|fb|facebook|insta|instagram|ig|snapchat|snap|kik|twitter|skype|signal|line|kakao(?:talk)?|zalo|viber|wechat|weixin|vx|wx|微信|薇信|威信|v信|tiktok|threads|抖音|小红书|电报|纸飞机)(?:号|id|账号)?(?:$|[^a-z0-9_])`)

// announces leads to an id that stands before the messenger's name.
var announces = late(`(?:\bme\b|\bi'?m\b|\badd\b|\bas\b|\bhandle\b|\buser(?:name)?\b|\bname\b|\bfind\b|\bhit\b|\bdm\b|\bpm\b|\bfollow\b|\bid\b|\bcalled\b|[:=👉]|我|加|叫|是|搜|找|号)\s*[:"“'(]?\s*$`)

func messengers(f *folded) []Finding {
	var found []Finding
	alike := plainNames(f.s)
	for i := range services {
		s := &services[i]
		for _, text := range []string{f.s, alike} {
			if text == "" || s.has == nil && !alone(text, "qvw") && !strings.ContainsAny(text, "微薇威徽溦葳扣抠") || s.has != nil && !slices.ContainsFunc(s.has, func(w string) bool { return strings.Contains(text, w) }) {
				continue
			}
			for _, at := range s.name.FindAllStringIndex(text, -1) {
				if start, end, ok := f.idAfter(s, at[0], at[1]); ok {
					found = append(found, f.finding(IM, start, end))
				}
			}
		}
	}
	for i := range links {
		if !f.any(links[i].has...) {
			continue
		}
		for _, m := range links[i].form.FindAllStringSubmatchIndex(f.s, -1) {
			found = append(found, f.finding(IM, m[2], m[3]))
		}
	}
	if f.any("#") {
		for _, m := range numberSign.FindAllStringSubmatchIndex(f.s, -1) {
			if !counted4.MatchString(f.s[m[2]:m[3]]) {
				found = append(found, f.finding(IM, m[2], m[3]))
			}
		}
	}
	for _, m := range reversed.FindAllStringSubmatchIndex(f.s, -1) {
		id := f.s[m[2]:m[3]]
		if at := strings.HasPrefix(id, "@"); at || telltale(id) && (strings.Contains(id, "_") || f.s[m[1]-1] == ')' && strings.TrimSpace(f.s[:m[2]]) == "" || announces.MatchString(tail(f.s[:m[2]], 32))) {
			found = append(found, f.finding(IM, m[2], m[3]))
		}
	}
	return found
}

// plainNames returns a text of the same length with letters for the signs that people
// write in their place within a word ("disc0rd", "t3legram"); nothing where there are none.
func plainNames(s string) string {
	var b []byte
	for i := range len(s) {
		at := strings.IndexByte("@41!03$5", s[i])
		if at < 0 || i+1 == len(s) || !letter(s[i+1]) || i > 0 && !letter(s[i-1]) && (i < 2 || s[i-1] != ' ' || s[i] == '@') {
			continue
		}
		if b == nil {
			b = []byte(s)
		}
		b[i] = "aaiioess"[at]
	}
	return string(b)
}

// near is how far from a messenger's name is looked.
const near = 96

// idAfter returns the id that follows a messenger's name.
func (f *folded) idAfter(s *service, nameAt, nameEnd int) (start, end int, ok bool) {
	rest := f.s[nameEnd:]
	if c := f.s[nameEnd-1]; rest != "" && letter(c) && letter(rest[0]) && f.to[nameEnd-1]-f.from[nameEnd-1] == 1 {
		return 0, 0, false // a longer word
	}
	for steps := 0; steps < 12; steps++ { // words between, as many as people use
		m := joint.FindStringIndex(head(rest, near))
		if m == nil || m[1] == 0 {
			break
		}
		if next := rest[m[1]:]; rest[0] >= 'a' && rest[0] <= 'z' && next != "" && (idByte(next[0]) || !s.numbered && strings.ContainsRune(".-", rune(next[0])) && len(next) > 1 && idByte(next[1])) {
			break // it is the beginning of the id
		}
		rest = rest[m[1]:]
	}
	if rest == "" || !idByte(rest[0]) {
		return 0, 0, false
	}
	between := f.s[nameEnd : len(f.s)-len(rest)]
	start = len(f.s) - len(rest)
	if strings.ContainsRune(between, '\n') && strings.Count(between, "\n") > 1 {
		return 0, 0, false
	}
	named := letter(f.s[nameEnd-1]) && nameEnd-nameAt > 2
	first := opening.MatchString(tail(f.s[:nameAt], 8))
	owner := owned.MatchString(tail(f.s[:nameAt], 40)) || asking.MatchString(f.s[nameAt:nameEnd])
	said := sayer.MatchString(between)
	pair := pairs.MatchString(between) || strings.HasPrefix(between, " me ")
	if s.numbered || numberedHere(between) {
		if m := serial.FindStringIndex(head(rest, near)); m != nil {
			end = start + m[1]
			digits := strings.Map(keepDigits, f.s[start:end])
			if after := head(f.s[end:], near); len(digits) >= 5 && (s.numbered || !mobile.MatchString(digits)) && len(digits) <= 11 && !following.MatchString(after) && (after == "" || !idByte(after[0])) && (!s.common || pair || said || owner || strings.TrimSpace(between) == "" && len(digits) >= 7) {
				return start, end, len(digits) >= 6 || said || pair || owner
			}
		}
		if s.numbered {
			return 0, 0, false
		}
	}
	if m := spaced.FindStringIndex(head(rest, near)); m != nil && lettering(rest[:m[1]]) && (!s.common || pair) {
		return start, start + len(strings.TrimRight(rest[:m[1]], " \n,.;!?")), !trailing(rest, m[1])
	}
	m := handle.FindStringIndex(head(rest, near))
	if m == nil || m[1] < 3 {
		return 0, 0, false
	}
	end = start + m[1]
	if m := spelt.FindStringIndex(head(f.s[end:], near)); m != nil && (!s.common || pair || owner) {
		return start, end + m[1], true
	}
	id, after := f.s[start:end], head(f.s[end:], near)
	atSign := strings.HasSuffix(strings.TrimRight(between, " "), "@")
	switch {
	case strings.HasPrefix(after, "("), named && strings.HasPrefix(between, ".") || dashed.MatchString(tail(f.s[:nameAt], 4)) && strings.HasPrefix(between, "-"):
		return 0, 0, false // of a program, or a name of something else
	case slices.Contains(plain, id), version.MatchString(id), amounts.MatchString(id), clock.MatchString(id), strings.HasPrefix(after, "@") || strings.HasPrefix(after, "://") || strings.HasPrefix(after, ".") && len(after) > 1 && idByte(after[1]):
		return 0, 0, false
	case model.MatchString(id) && !(said && pair), following.MatchString(after) && allDigits(id):
		return 0, 0, false
	case mobile.MatchString(id), national.MatchString(id):
		return 0, 0, false // a phone's number, and found as one
	case allDigits(id): // a number is one only where it is said to be
		return start, end, len(id) >= 5 && (said || pair && (owner || len(id) >= 8) || first && len(id) >= 8) && !s.common
	case atSign:
		return start, end, true
	case telltale(id):
		return start, end, len(id) >= 4 && (len(id) >= 6 || !asking.MatchString(f.s[nameAt:nameEnd])) && (!s.common || said || pair || owner || first && len(id) >= 6 && letter(id[0]) && !strings.HasPrefix(f.s[nameAt:], "line"))
	}
	// nothing in it tells: what is between must, and the id must end there
	ends := closing.MatchString(after)
	switch {
	case s.common:
		return start, end, (said || owner && strings.ContainsAny(between, ":=")) && pair && ends && len(id) >= 4 && (owner || strings.ContainsAny(between, ":=是") || strings.TrimSpace(f.s[:nameAt]) == "")
	case said && (pair || owner):
		return start, end, len(id) >= 4
	case said:
		return start, end, ends && len(id) >= 5 && strings.ContainsAny(between, "号")
	}
	strong := strings.ContainsAny(between, ":=👉@是")
	return start, end, strong && ends && len(id) >= 4 && (owner || strings.ContainsAny(between, ":=👉是"))
}

// lettering reports whether letters stand in what is written one by one.
func lettering(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' })
}

// trailing reports whether an id that is written letter by letter is the beginning of a
// sentence: a longer word follows.
func trailing(rest string, end int) bool {
	return end < len(rest) && letter(rest[end]) && end+1 < len(rest) && letter(rest[end+1]) && rest[end-1] != ' '
}

// numberedHere reports whether the words between say that a number follows.
func numberedHere(between string) bool {
	return strings.Contains(between, "号") || strings.Contains(between, "uid") || strings.Contains(between, "群")
}

func keepDigits(r rune) rune {
	if r >= '0' && r <= '9' {
		return r
	}
	return -1
}

func idByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_'
}

func allDigits(s string) bool {
	return strings.Map(keepDigits, s) == s
}

// telltale reports whether an id can hardly be a word: it has letters, and a digit or a
// mark in it.
func telltale(id string) bool {
	letters := strings.ContainsFunc(id, func(r rune) bool { return r >= 'a' && r <= 'z' })
	return letters && (strings.ContainsAny(id, "0123456789_") || strings.Contains(id, ".") && !strings.HasSuffix(id, ".com") && !strings.HasSuffix(id, ".org") && !strings.HasSuffix(id, ".net") && !strings.HasSuffix(id, ".cn")) && !version.MatchString(id)
}
