// Command check answers the questions of kits/README.md.
package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	verify "sealpost.example/verify"
)

func decoded(text string) []byte {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return data
}

func main() {
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		parts := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		number, _ := strconv.ParseInt(parts[0], 10, 64)
		if parts[0] == "processed" {
			most, _ := strconv.Atoi(parts[1])
			processed, words := verify.NewProcessed(most), []string{}
			for _, id := range parts[2:] {
				word := "old"
				if processed.Add(id) {
					word = "new"
				}
				words = append(words, word)
			}
			fmt.Println(strings.Join(words, " "))
			continue
		}
		headers := http.Header{}
		for _, one := range parts[3:] {
			name, value, _ := strings.Cut(one, "=")
			headers.Add(name, string(decoded(value)))
		}
		id, err := verify.Verify(headers, decoded(parts[2]), strings.Split(parts[1], ","), time.Unix(number, 0))
		if err == verify.ErrRefused {
			id = "refused"
		} else if err != nil {
			panic(err)
		}
		fmt.Println(id)
	}
}
