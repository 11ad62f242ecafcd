package io.jubernetes.apiserver.registry.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Checks;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BatchStrategiesTest {
    private static final JobStrategy JOBS = new JobStrategy();
    private static final CronJobStrategy CRON_JOBS = new CronJobStrategy();
    private static final String TEMPLATE =
            "template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}";

    private static ObjectNode job(String spec) {
        ObjectNode job = Checks.object(JOBS, "batch/v1", "Job", "{metadata: {name: j, uid: u}, spec: {" + spec + "}}");
        JOBS.prepareForCreate(job);
        return job;
    }

    private static Arguments row(String spec, String... problems) {
        return Arguments.of(spec, List.of(problems));
    }

    static Stream<Arguments> jobs() {
        return Stream.of(
                row(TEMPLATE),
                row(
                        "template: {spec: {containers: [{name: c, image: i}]}}",
                        "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""),
                row(
                        TEMPLATE + ", parallelism: -1",
                        "spec.parallelism: Invalid value: -1: must be greater than or equal to 0"),
                row(
                        TEMPLATE + ", managedBy: x",
                        "spec.managedBy: Invalid value: \"x\": must be a domain-prefixed path"
                                + " (such as \"acme.io/foo\")"),
                row(
                        TEMPLATE
                                + ", completionMode: Indexed, completions: 3, successPolicy: {rules: [{succeededIndexes:"
                                + " '2-1'}]}",
                        "spec.successPolicy.rules[0].succeededIndexes: Invalid value: \"2-1\": error parsing"
                                + " succeededIndexes: non-increasing order, previous: 2, current: 1"),
                row(
                        TEMPLATE + ", podFailurePolicy: {rules: [{action: Ignore}]}",
                        "spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions"
                                + " is required"),
                row(
                        TEMPLATE
                                + ", podFailurePolicy: {rules: [{action: Count, onExitCodes: {operator: In, values: [2, 1]}}]}",
                        "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [2,1]: must be ordered"),
                row(
                        TEMPLATE + ", podReplacementPolicy: Now",
                        "spec.podReplacementPolicy: Unsupported value: \"Now\":"
                                + " supported values: \"Failed\", \"TerminatingOrFailed\""));
    }

    @ParameterizedTest
    @MethodSource("jobs")
    void saysWhatIsWrongWithJobs(String spec, List<String> problems) {
        assertThat(Checks.shown(JOBS.validate(job(spec)))).isEqualTo(problems);
    }

    @Test
    void selectsPodsByUid() {
        ObjectNode job = job(TEMPLATE);

        assertThat(job.path("spec").path("selector").toString())
                .isEqualTo("{\"matchLabels\":{\"batch.kubernetes.io/controller-uid\":\"u\"}}");
        assertThat(job.path("metadata").path("labels").path("job-name").asText())
                .isEqualTo("j");
    }

    @Test
    void needsReasonsForAnEnd() {
        ObjectNode old = job(TEMPLATE);
        ObjectNode done = Checks.object(
                JOBS,
                "batch/v1",
                "Job",
                "{metadata: {name: j, uid: u}, spec: {" + TEMPLATE
                        + "}, status: {active: 1, conditions: [{type: Complete, status: 'True'}]}}");

        assertThat(Checks.shown(JOBS.validateStatusUpdate(done, old)))
                .containsExactly(
                        "status.completionTime: Required value: completionTime is required for Complete jobs",
                        "status.conditions: Invalid value: cannot set Complete=True condition without the"
                                + " SuccessCriteriaMet=true condition",
                        "status.active: Invalid value: 1: active>0 is invalid for finished job",
                        "status.startTime: Required value: startTime is required for finished job");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "*/5 * * * * | ''",
                "@daily | ''",
                "@every 1h30m | ''",
                "0 0 1 jan sun | ''",
                "1-5/2,7 * * * ? | ''",
                "* * * | expected exactly 5 fields, found 3: [* * *]",
                "61 * * * * | end of range (61) above maximum (59): 61",
                "* * 0 * * | beginning of range (0) below minimum (1): 0",
                "5-1 * * * * | beginning of range (5) beyond end of range (1): 5-1",
                "*/0 * * * * | step of range should be a positive number: */0",
                "1-2-3 * * * * | too many hyphens: 1-2-3",
                "x * * * * | failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax",
                "@sometimes | unrecognized descriptor: @sometimes"
            })
    void readsSchedules(String schedule, String problem) {
        assertThat(CronSchedule.problem(schedule.strip()).orElse("")).isEqualTo(problem);
    }

    static Stream<Arguments> cronJobs() {
        String job = "jobTemplate: {spec: {" + TEMPLATE + "}}";
        return Stream.of(
                row("schedule: '@daily', " + job),
                row(
                        "schedule: '@daily', timeZone: Local, " + job,
                        "spec.timeZone: Invalid value: \"Local\": timeZone must be an explicit time zone as defined in"
                                + " https://www.iana.org/time-zones"),
                row(
                        "schedule: '@daily', timeZone: Mars/Olympus, " + job,
                        "spec.timeZone: Invalid value: \"Mars/Olympus\": unknown time zone Mars/Olympus"),
                row(
                        "schedule: 'TZ=UTC 0 * * * *', " + job,
                        "spec.schedule: Invalid value: \"TZ=UTC 0 * * * *\": cannot use TZ or CRON_TZ in schedule, use"
                                + " timeZone field instead"),
                row(
                        "schedule: '@daily', concurrencyPolicy: Queue, " + job,
                        "spec.concurrencyPolicy: Unsupported value: \"Queue\": supported values: \"Allow\", \"Forbid\","
                                + " \"Replace\""));
    }

    @ParameterizedTest
    @MethodSource("cronJobs")
    void saysWhatIsWrongWithCronJobs(String spec, List<String> problems) {
        ObjectNode cron =
                Checks.object(CRON_JOBS, "batch/v1", "CronJob", "{metadata: {name: c}, spec: {" + spec + "}}");

        assertThat(Checks.shown(CRON_JOBS.validate(cron))).isEqualTo(problems);
    }
}
