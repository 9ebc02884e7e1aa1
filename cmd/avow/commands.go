package main

// commands are all commands; each lives in a file of its own name.
type commands struct {
	Init    initCommand    `cmd:"" group:"policy" help:"Write a starting policy that passes check."`
	Check   checkCommand   `cmd:"" group:"policy" help:"Find everything that is wrong with policy files."`
	Fmt     fmtCommand     `cmd:"" group:"policy" help:"Bring policy files into their canonical form."`
	Explain explainCommand `cmd:"" group:"policy" help:"Say why a policy allows or refuses something."`
	Diff    diffCommand    `cmd:"" group:"policy" help:"Say what changes for people between two texts of a policy."`
	Render  renderCommand  `cmd:"" group:"policy" help:"Write the published text of a policy."`
	Schema  schemaCommand  `cmd:"" group:"policy" help:"Write the JSON Schema of the policy language, for editors."`

	Demo  demoCommand  `cmd:"" group:"run" help:"Run five example policies with made-up people."`
	Serve serveCommand `cmd:"" group:"run" help:"Serve policies: the JSON door, the log and the caretakers."`

	Put putCommand `cmd:"" group:"run" help:"Send a file to a running server, as the application does."`
	Get getCommand `cmd:"" group:"run" help:"Read a file of a running server for a purpose, as the application does."`

	Token   tokenCommand   `cmd:"" group:"run" help:"Make, list and end the tokens of programs."`
	Officer officerCommand `cmd:"" group:"run" help:"Invite, list and end accounts of the console."`

	Prove  proveCommand  `cmd:"" group:"evidence" help:"Play every promise of policies against a running engine."`
	Verify verifyCommand `cmd:"" group:"evidence" help:"Check receipts and logs offline, trusting nobody."`
	Log    logCommand    `cmd:"" group:"evidence" help:"Export evidence logs."`

	Backup  backupCommand  `cmd:"" group:"care" help:"Copy the data of a running server, without keys."`
	Restore restoreCommand `cmd:"" group:"care" help:"Put a backup back, with every later erasure, refusal and hold."`
	Keys    keysCommand    `cmd:"" group:"care" help:"Make, show and rotate keys."`

	Version versionCommand `cmd:"" group:"run" help:"Say which version this is."`
}

const description = `Avow keeps a privacy policy true: it renders the text that people read, enforces it on every piece of personal data, gives people their rights, and proves each promise.`
