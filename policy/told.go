package policy

import "avow.dev"

// toPeople says each reason to the person whom the request is about. The sentences speak
// to "you", and promise nothing; to those who write and keep the policy, [Program.Explain]
// says what is missing.
var toPeople = [64]Sentence{
	avow.DatumUndeclared:     {"The policy does not name this kind of data.", "隐私政策未列出此类数据。"},
	avow.VerbUndeclared:      {"The policy does not let anyone do this with this data.", "隐私政策不允许对此类数据进行该操作。"},
	avow.PurposeUndeclared:   {"The policy does not let this data be used for this purpose.", "隐私政策不允许将此类数据用于该目的。"},
	avow.Prohibited:          {"The policy forbids it outright.", "隐私政策明确禁止该操作。"},
	avow.PointUndeclared:     {"The policy does not let this data be collected at this place.", "隐私政策不允许在此处收集此类数据。"},
	avow.FeatureUndeclared:   {"The policy does not tie this data to this feature.", "隐私政策未将此类数据与该功能关联。"},
	avow.SourceUndeclared:    {"The policy does not let this data be taken from this source.", "隐私政策不允许从该来源取得此类数据。"},
	avow.RecipientUndeclared: {"The policy does not let this data be given to this recipient.", "隐私政策不允许将此类数据提供给该接收方。"},
	avow.RoleNotAllowed:      {"The policy does not let this role do it.", "隐私政策不允许该角色进行此操作。"},
	avow.RegionNotAllowed:    {"The policy does not let this data go to this region.", "隐私政策不允许将此类数据传至该地区。"},
	avow.GroundUndeclared:    {"The policy knows no such legal ground.", "隐私政策未列出该法律依据。"},
	avow.NotYetEffective:     {"The rule that would allow it is not in force yet.", "允许该操作的规则尚未生效。"},

	avow.NoAccount:         {"There is no account with you here.", "您在此处没有账户。"},
	avow.AccountClosed:     {"Your account has been closed.", "您的账户已注销。"},
	avow.AccountFrozen:     {"Your account is frozen.", "您的账户已被冻结。"},
	avow.NotAccepted:       {"You have not accepted the policy.", "您尚未接受隐私政策。"},
	avow.AcceptanceRefused: {"You have declined the policy.", "您已拒绝隐私政策。"},
	avow.AcceptanceOutdated: {"You accepted an earlier version of the policy. Please look at the current one.",
		"您接受的是较早版本的隐私政策，请查看现行版本。"},
	avow.ConsentMissing:   {"You have not been asked for your consent to this, or have not answered.", "尚未就此征求您的同意，或您尚未答复。"},
	avow.ConsentRefused:   {"You have refused your consent to this.", "您已拒绝对此表示同意。"},
	avow.ConsentWithdrawn: {"You have withdrawn your consent to this.", "您已撤回对此的同意。"},
	avow.ConsentExpired:   {"Your consent to this has run out.", "您对此的同意已过期。"},
	avow.Objected:         {"You have objected to this.", "您已对此提出反对。"},
	avow.SignalOptOut:     {"Your browser says that you do not want this.", "您的浏览器发出了不同意此操作的信号。"},
	avow.OnHold:           {"A legal hold covers your data: it is stored, and nothing else is done with it.", "您的数据处于法定保留期：仅予存储，不作其他处理。"},
	avow.Minor:            {"This is not done with the data of minors.", "不对未成年人的数据进行此操作。"},
	avow.AgeUnknown:       {"Your age has to be known first.", "须先确认您的年龄。"},
	avow.GuardianMissing:  {"A parent or guardian has to agree first.", "须先取得父母或其他监护人的同意。"},
	avow.ErasurePending:   {"Your data is being erased.", "您的数据正在删除。"},
	avow.Restricted:       {"You have restricted the processing of your data: it is stored, and nothing else is done with it.", "您已限制处理您的数据：仅予存储，不作其他处理。"},

	avow.CitationMissing:        {"The law or source that it rests on was not named.", "未注明所依据的法律或来源。"},
	avow.URLMissing:             {"The address of the publication was not given.", "未提供公开信息的网址。"},
	avow.ContractMissing:        {"The contract that it rests on was not named.", "未注明所依据的合同。"},
	avow.CaseMissing:            {"The case that it rests on was not named.", "未注明所依据的案件。"},
	avow.ProvenanceMissing:      {"It was not shown where the data comes from and that you agreed there.", "未证明数据来源及您在该处的同意。"},
	avow.FindingMissing:         {"Nobody has put in writing that it is necessary.", "无人以书面形式认定其必要性。"},
	avow.InstrumentMissing:      {"No valid order of an authority was shown.", "未出示主管机关的有效文书。"},
	avow.ApprovalMissing:        {"A second person has not approved it.", "尚未经第二人批准。"},
	avow.RecipientUnqualified:   {"The recipient has not shown what the policy demands of it.", "接收方尚未满足隐私政策的要求。"},
	avow.NotPicked:              {"You have not picked this item.", "您未选择此项。"},
	avow.TokenMissing:           {"You have not agreed to send this once.", "您未同意本次发送。"},
	avow.TooSoon:                {"It is too soon since the last time.", "距上次收集的时间过短。"},
	avow.Metered:                {"Your network is metered, and you have not said that it should be sent all the same.", "您正在使用按流量计费的网络，且未同意继续发送。"},
	avow.AttestationMissing:     {"Your statement is missing.", "缺少您的声明。"},
	avow.FreshSignInMissing:     {"You have to sign in again first.", "请先重新登录。"},
	avow.NoticeMissing:          {"The notice was not shown to you.", "未向您展示告知内容。"},
	avow.UrgencyMissing:         {"It is not on record why your consent could not be had.", "没有记录说明为何无法取得您的同意。"},
	avow.NotInUse:               {"The feature that needs the data is not running.", "需要该数据的功能未在运行。"},
	avow.DevicePermissionDenied: {"Your device does not permit it.", "您的设备未授予权限。"},
	avow.SuccessorUnbound:       {"The successor has not bound itself to the policy.", "继受方尚未承诺遵守隐私政策。"},

	avow.EnvelopeInvalid: {"What the recipient presented does not show what it was given, or for what.", "接收方出示的目的说明无法证明其所获内容及用途。"},
	avow.EnvelopeSpent:   {"The recipient has used this consent before.", "接收方已使用过该同意。"},

	avow.ValueMalformed:    {"The value does not have the form that this kind of data has.", "该值不符合此类数据的格式。"},
	avow.CarriesIdentifier: {"What was said to be about nobody can identify somebody.", "声称不涉及个人的内容可识别到个人。"},
	avow.MixedWithPersonal: {"Together with your data it is personal data too.", "与您的数据结合后，它也成为个人信息。"},
	avow.RetentionOver:     {"The time for which it may be kept is over.", "其保存期限已过。"},
	avow.NothingHeld:       {"Nothing of this kind is held.", "未持有此类数据。"},
	avow.ContactDetails:    {"It holds contact details, which are kept out of there.", "内容含有联系方式，该处不允许发布。"},
	avow.PasswordIsNotData: {"A password cannot be read back.", "密码不可读取。"},
}

// Told says a reason to the person whom the request is about.
func Told(r avow.Reason) Sentence { return toPeople[r&63] }
