// Drives a machine of the lab with masterzen/winrm: one JSON object on standard input says where and what, one on standard output what came.
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"time"

	"github.com/masterzen/winrm"
)

type job struct {
	Port     int
	Https    bool
	Ntlm     bool
	User     string
	Password string
	// Each in a shell of its own.
	Commands []struct{ Line, Input string }
	// One after another in one shell.
	Session []string
	// Run through PowerShell's -EncodedCommand.
	Scripts []string
}

type result struct {
	ExitCode int    `json:"exitCode"`
	Stdout   string `json:"stdout"`
	Stderr   string `json:"stderr"`
	Error    string `json:"error,omitempty"`
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func run(client *winrm.Client, line, input string) result {
	var stdout, stderr bytes.Buffer
	code, err := client.RunWithInput(line, &stdout, &stderr, strings.NewReader(input))
	return result{code, stdout.String(), stderr.String(), said(err)}
}

func session(client *winrm.Client, lines []string) (results []result) {
	shell, err := client.CreateShell()
	if err != nil {
		return []result{{Error: said(err)}}
	}
	for _, line := range lines {
		command, err := shell.Execute(line)
		if err != nil {
			results = append(results, result{Error: said(err)})
			continue
		}
		var stdout bytes.Buffer
		_, err = stdout.ReadFrom(command.Stdout)
		command.Wait()
		results = append(results, result{command.ExitCode(), stdout.String(), "", said(err)})
		command.Close()
	}
	if err := shell.Close(); err != nil {
		results = append(results, result{Error: said(err)})
	}
	return results
}

func main() {
	var work job
	if err := json.NewDecoder(os.Stdin).Decode(&work); err != nil {
		panic(err)
	}
	endpoint := winrm.NewEndpoint("127.0.0.1", work.Port, work.Https, true, nil, nil, nil, 20*time.Second)
	parameters := winrm.NewParameters("PT20S", "en-US", 153600)
	if work.Ntlm {
		parameters.TransportDecorator = func() winrm.Transporter { return &winrm.ClientNTLM{} }
	}
	client, err := winrm.NewClientWithParameters(endpoint, work.User, work.Password, parameters)
	if err != nil {
		panic(err)
	}
	results := []result{}
	for _, command := range work.Commands {
		results = append(results, run(client, command.Line, command.Input))
	}
	for _, script := range work.Scripts {
		results = append(results, run(client, winrm.Powershell(script), ""))
	}
	if len(work.Session) > 0 {
		results = append(results, session(client, work.Session)...)
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		panic(err)
	}
}
