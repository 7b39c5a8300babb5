// pod-security judges pods by the official evaluator of the Pod Security Standards.
//
// It reads a JSON list of {id, level, metadata, spec} and writes a JSON list of {id, reasons}, in that order;
// a pod that keeps its level has no reasons.
package main

import (
	"encoding/json"
	"log"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type question struct {
	ID       string            `json:"id"`
	Level    api.Level         `json:"level"`
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     corev1.PodSpec    `json:"spec"`
}

type answer struct {
	ID      string   `json:"id"`
	Reasons []string `json:"reasons"`
}

func main() {
	log.SetFlags(0)
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks())
	if err != nil {
		log.Fatal(err)
	}
	var questions []question
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&questions); err != nil {
		log.Fatal(err)
	}
	answers := make([]answer, 0, len(questions))
	for _, asked := range questions {
		level := api.LevelVersion{Level: asked.Level, Version: api.LatestVersion()}
		reasons := []string{}
		for _, result := range evaluator.EvaluatePod(level, &asked.Metadata, &asked.Spec) {
			if !result.Allowed {
				reasons = append(reasons, result.ForbiddenReason+" ("+result.ForbiddenDetail+")")
			}
		}
		answers = append(answers, answer{asked.ID, reasons})
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}
