package policy

import "avow.dev"

// telling is what is said of a reason.
type telling struct{ missing, try Sentence }

// sentences says for every reason what is missing and what would make the
// request pass. Where the honest answer is that nothing will, it says so.
var sentences = [64]telling{
	avow.DatumUndeclared: {
		Sentence{"The policy does not know the datum “{datum}”.", "政策未声明数据“{datum}”。"},
		Sentence{"Declare it under data and write a rule for it, or do not process it.", "请在 data 中声明并为其写明规则，否则不得处理。"}},
	avow.VerbUndeclared: {
		Sentence{"No rule lets anyone {verb} “{datum}”.", "没有规则允许对“{datum}”执行 {verb}。"},
		Sentence{"Write such a rule, or do without.", "请写明相应规则，否则不要这样做。"}},
	avow.PurposeUndeclared: {
		Sentence{"“{datum}” has rules for this, but none for the purpose “{purpose}”.", "“{datum}”有相关规则，但都不包含目的“{purpose}”。"},
		Sentence{"Ask for a declared purpose, or declare this one openly.", "请使用已声明的目的，或公开声明该目的。"}},
	avow.Prohibited: {
		Sentence{"The policy promises never to do this (rule {rule}).", "政策承诺绝不这样做（规则 {rule}）。"},
		Sentence{"Nothing opens it except the exceptions that the promise itself lists.", "除该承诺列明的例外外，任何情形均不得开放。"}},
	avow.PointUndeclared: {
		Sentence{"It is not collected at the point “{word}”.", "不在收集点“{word}”收集。"},
		Sentence{"Collect it at: {allowed}.", "可在以下收集点收集：{allowed}。"}},
	avow.FeatureUndeclared: {
		Sentence{"It is not bound to the feature “{word}”.", "未与功能“{word}”绑定。"},
		Sentence{"Name the feature that needs it: {allowed}.", "请指明需要它的功能：{allowed}。"}},
	avow.SourceUndeclared: {
		Sentence{"It is not taken from the source “{word}”.", "不得来自来源“{word}”。"},
		Sentence{"Take it from: {allowed}.", "可来自：{allowed}。"}},
	avow.RecipientUndeclared: {
		Sentence{"It is not given to “{word}”.", "不得提供给“{word}”。"},
		Sentence{"The rule names: {allowed}.", "规则列明的接收方：{allowed}。"}},
	avow.RoleNotAllowed: {
		Sentence{"The role “{word}” may not use it.", "角色“{word}”无权使用。"},
		Sentence{"These roles may: {allowed}.", "有权的角色：{allowed}。"}},
	avow.RegionNotAllowed: {
		Sentence{"It may not be stored in or sent to “{word}”.", "不得存储于或传输至“{word}”。"},
		Sentence{"Use a declared place: {allowed}.", "请使用已声明的地点：{allowed}。"}},
	avow.GroundUndeclared: {
		Sentence{"No rule opens on the ground “{word}”.", "没有规则以“{word}”为由开放。"},
		Sentence{"Name one of the grounds of the rule: {allowed}.", "请指明规则所列的理由：{allowed}。"}},
	avow.NotYetEffective: {
		Sentence{"The policy takes effect on {effective}.", "政策自 {effective} 起生效。"},
		Sentence{"Wait until then; the version in force decides before.", "请等到该日；此前适用现行版本。"}},

	avow.NoAccount: {
		Sentence{"The person has no account.", "该人没有账户。"},
		Sentence{"Open an account with them first.", "请先由其开立账户。"}},
	avow.AccountClosed: {
		Sentence{"The account is closed.", "账户已注销。"},
		Sentence{"Nothing, unless the person opens a new one.", "除非本人重新开立账户，否则不得进行。"}},
	avow.AccountFrozen: {
		Sentence{"The account is frozen.", "账户已冻结。"},
		Sentence{"Clear the reported misuse or the question of age first.", "请先处理被报告的滥用或年龄问题。"}},
	avow.NotAccepted: {
		Sentence{"The policy, or a document that the feature “{word}” needs, has not been accepted.", "尚未接受政策，或功能“{word}”所需的文件。"},
		Sentence{"Show it and record the person's acceptance.", "请展示并记录本人的接受。"}},
	avow.AcceptanceRefused: {
		Sentence{"The person has refused the policy.", "该人已拒绝本政策。"},
		Sentence{"Respect it; only the person can change it.", "请予尊重；只有本人可以改变。"}},
	avow.AcceptanceOutdated: {
		Sentence{"The person accepted another text than version {version}.", "该人接受的不是版本 {version} 的文本。"},
		Sentence{"Show the changes and ask for a fresh acceptance.", "请展示变更并重新征得接受。"}},
	avow.ConsentMissing: {
		Sentence{"The person has not agreed to: {choice}.", "该人尚未同意：{choice}。"},
		Sentence{"Ask, separately and with the notice shown.", "请在展示说明后单独征求同意。"}},
	avow.ConsentRefused: {
		Sentence{"The person said no to: {choice}.", "该人已拒绝：{choice}。"},
		Sentence{"Respect it; they can change it in their settings.", "请予尊重；本人可在设置中更改。"}},
	avow.ConsentWithdrawn: {
		Sentence{"The person withdrew: {choice}.", "该人已撤回：{choice}。"},
		Sentence{"Respect it; only a new yes by the person opens it.", "请予尊重；只有本人重新同意方可进行。"}},
	avow.ConsentExpired: {
		Sentence{"The yes to {choice} has run out.", "对 {choice} 的同意已过期。"},
		Sentence{"Ask again.", "请重新征求同意。"}},
	avow.Objected: {
		Sentence{"The person has opted out of: {choice}.", "该人已选择退出：{choice}。"},
		Sentence{"Respect it; they can opt in again.", "请予尊重；本人可重新选择加入。"}},
	avow.SignalOptOut: {
		Sentence{"The person's browser opts out of: {choice}.", "该人的浏览器信号选择退出：{choice}。"},
		Sentence{"Only a later yes by the person outweighs the signal.", "只有本人其后的明确同意才优先于该信号。"}},
	avow.OnHold: {
		Sentence{"A legal hold covers the person: storage only.", "该人数据处于法定保留：仅可存储。"},
		Sentence{"Wait until the hold is released or runs out.", "请等到保留解除或到期。"}},
	avow.Minor: {
		Sentence{"The person is known to be a minor.", "已知该人为未成年人。"},
		Sentence{"Nothing opens this for minors.", "对未成年人不得进行。"}},
	avow.AgeUnknown: {
		Sentence{"The person's age is not known.", "该人年龄未知。"},
		Sentence{"Check the age first, and keep no more than the band.", "请先核验年龄，且只保留年龄段。"}},
	avow.GuardianMissing: {
		Sentence{"No guardian has agreed.", "监护人尚未同意。"},
		Sentence{"Obtain the guardian's consent.", "请取得监护人同意。"}},
	avow.ErasurePending: {
		Sentence{"The person is being erased.", "正在删除该人的数据。"},
		Sentence{"Nothing, unless the person calls the erasure off in time.", "除非本人及时取消删除，否则不得进行。"}},
	avow.Restricted: {
		Sentence{"The person has restricted the processing: storage only.", "本人已限制处理：仅可存储。"},
		Sentence{"Wait until the person lifts the restriction.", "请等到本人解除限制。"}},

	avow.CitationMissing:        shown("a citation of the law or source", "法律或来源的引用"),
	avow.URLMissing:             shown("the address of the publication", "公开发布的网址"),
	avow.ContractMissing:        shown("the id of the contract", "合同编号"),
	avow.CaseMissing:            shown("the id of the case", "案件编号"),
	avow.ProvenanceMissing:      shown("the partner, its basis and its proof of consent", "合作方、其依据及同意证明"),
	avow.FindingMissing:         shown("a written finding by a named person", "具名人员的书面认定"),
	avow.InstrumentMissing:      shown("a valid instrument of the authority", "主管机关的有效法律文书"),
	avow.ApprovalMissing:        shown("the approval of a second person", "第二人的批准"),
	avow.RecipientUnqualified:   shown("that the terms, purposes and assessment of “{word}” are in place and have not lapsed", "“{word}”的条款、目的与评估齐备且未失效"),
	avow.NotPicked:              shown("that the person picked this item", "本人选择了该项内容"),
	avow.TokenMissing:           shown("an unused token for this one event", "针对本次事件且未使用过的令牌"),
	avow.TooSoon:                {Sentence{"The sampling interval is not over.", "采样间隔尚未届满。"}, Sentence{"Wait for the interval of rule {rule}.", "请等待规则 {rule} 规定的间隔。"}},
	avow.Metered:                {Sentence{"The network is metered.", "当前为计费网络。"}, Sentence{"Wait for Wi-Fi, or let the person override it.", "请等待 Wi-Fi，或由本人选择继续。"}},
	avow.AttestationMissing:     shown("the person's statement", "本人的声明"),
	avow.FreshSignInMissing:     shown("a fresh password or code", "最近的密码或验证码验证"),
	avow.NoticeMissing:          shown("that the notice was shown", "已展示告知"),
	avow.UrgencyMissing:         shown("a record why consent could not be had in time", "未能及时取得同意的记录"),
	avow.NotInUse:               {Sentence{"The feature “{word}” is not running.", "功能“{word}”未在运行。"}, Sentence{"Collect only while it is.", "仅可在其运行时收集。"}},
	avow.DevicePermissionDenied: {Sentence{"The device permission is not granted.", "设备权限未授予。"}, Sentence{"Ask in context, and take a no for a no.", "请在使用场景中请求，并尊重拒绝。"}},
	avow.SuccessorUnbound:       shown("that “{word}” has signed this policy", "“{word}”已签署本政策"),

	avow.EnvelopeInvalid: {Sentence{"The envelope is altered, somebody else's, or not of this hand-over.", "目的说明被篡改、属于他人，或并非本次提供所附。"}, Sentence{"Present the envelope as it came, by the recipient to whom it was made out.", "请由其接收方按原样出示目的说明。"}},
	avow.EnvelopeSpent:   {Sentence{"The envelope was renewed on this consent before.", "该目的说明已凭此同意更新过。"}, Sentence{"Ask the person anew.", "请重新征求本人同意。"}},

	avow.ValueMalformed:    {Sentence{"The value does not fit “{datum}”.", "数值不符合“{datum}”的要求。"}, Sentence{"Correct it.", "请更正。"}},
	avow.CarriesIdentifier: {Sentence{"The value is called non-personal and identifies somebody.", "该值被称为非个人信息，却可识别个人。"}, Sentence{"Strip the identifier, or treat it as personal.", "请去除标识符，或按个人信息处理。"}},
	avow.MixedWithPersonal: {Sentence{"It is joined with personal data and therefore personal.", "已与个人信息结合，因此属于个人信息。"}, Sentence{"Ask for it as personal data.", "请按个人信息提出请求。"}},
	avow.RetentionOver:     {Sentence{"Its time is over.", "保存期限已过。"}, Sentence{"Nothing; it is being erased.", "不得进行；正在删除。"}},
	avow.NothingHeld:       {Sentence{"Nothing of the kind is held.", "未持有此类数据。"}, Sentence{"Nothing needs to be done.", "无需处理。"}},
	avow.ContactDetails:    {Sentence{"It holds contact details, which are kept out of there.", "内容含有联系方式,该处不允许发布。"}, Sentence{"Take them out.", "请删除联系方式。"}},
	avow.PasswordIsNotData: {Sentence{"A password cannot be read back.", "密码不可读取。"}, Sentence{"Verify it instead.", "请改为验证。"}},
}

// shown makes the sentences of a fact that was not shown.
func shown(en, zh string) telling {
	return telling{Sentence{"Not shown: " + en + ".", "未出示：" + zh + "。"}, Sentence{"Put it on record and ask again.", "请记录在案后重新请求。"}}
}
