package io.jubernetes.apiserver.registry.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.registry.SpecStatusStrategy;
import io.jubernetes.apiserver.registry.TemplateColumns;
import io.jubernetes.apiserver.registry.TemplateRules;
import io.jubernetes.apiserver.registry.core.PodDefaults;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Cron jobs.
public final class CronJobStrategy extends SpecStatusStrategy {
    /// A job's name gets a suffix of the scheduled minute.
    private static final int MAX_NAME = 52;

    private static final String ZONES = "https://www.iana.org/time-zones";

    private static final Table TABLE = Columns.named()
            .text("Schedule", cron -> cron.path("spec").path("schedule").asText(""))
            .text("Timezone", cron -> cron.path("spec").path("timeZone").asText("<none>"))
            .flag("Suspend", cron -> cron.path("spec").path("suspend").asBoolean(false) ? "True" : "False")
            .number("Active", cron -> cron.path("status").path("active").size())
            .since(
                    "Last Schedule",
                    "<none>",
                    cron -> cron.path("status").path("lastScheduleTime").asText(""))
            .age()
            .wide("Containers", cron -> TemplateColumns.containers(template(cron)))
            .wide("Images", cron -> TemplateColumns.images(template(cron)))
            .wide(
                    "Selector",
                    cron -> TemplateColumns.selector(
                            cron.path("spec").path("jobTemplate").path("spec").path("selector")));

    private static JsonNode template(JsonNode cron) {
        return cron.path("spec").path("jobTemplate").path("spec").path("template");
    }

    @Override
    public void applyDefaults(ObjectNode cron) {
        ObjectNode spec = Meta.child(cron, "spec");
        Meta.defaultTo(spec, "concurrencyPolicy", "Allow");
        Meta.defaultTo(spec, "suspend", false);
        Meta.defaultTo(spec, "successfulJobsHistoryLimit", 3);
        Meta.defaultTo(spec, "failedJobsHistoryLimit", 1);
        ObjectNode job = Meta.child(Meta.child(spec, "jobTemplate"), "spec");
        Meta.child(job, "template");
        PodDefaults.applyToTemplate(job);
        JobStrategy.defaultPatterns(job);
    }

    @Override
    public List<Cause> validate(ObjectNode cron) {
        Field root = Field.root(cron);
        check(root.get("spec"), MissingNode.getInstance());
        Field name = root.get("metadata").get("name");
        if (name.text().length() > MAX_NAME) {
            name.invalid(NameRules.maxLength(MAX_NAME, "characters"));
        }
        return root.causes();
    }

    @Override
    public List<Cause> validateChange(ObjectNode cron, ObjectNode old, String subresource) {
        Field root = Field.root(cron);
        check(root.get("spec"), old.path("spec"));
        return root.causes();
    }

    private static void check(Field spec, JsonNode old) {
        Field schedule = spec.get("schedule");
        if (schedule.requireValue()) {
            checkSchedule(schedule, spec, old);
        }
        spec.get("startingDeadlineSeconds").requireNonNegative();
        if (spec.get("timeZone").isSet()) {
            checkZone(spec.get("timeZone"));
        }
        spec.get("concurrencyPolicy").requireListed(List.of("Allow", "Forbid", "Replace"));
        Field job = spec.get("jobTemplate").get("spec");
        JobRules.check(job, old.path("jobTemplate").path("spec"));
        if (job.get("selector").isSet()) {
            job.get("selector")
                    .invalid(TemplateRules.shown(job.get("selector").value()), "`selector` will be auto-generated");
        }
        if (job.get("manualSelector").isTrue()) {
            job.get("manualSelector").notSupported(List.of("nil", "false"));
        }
        spec.get("successfulJobsHistoryLimit").requireNonNegative();
        spec.get("failedJobsHistoryLimit").requireNonNegative();
    }

    private static void checkSchedule(Field schedule, Field spec, JsonNode old) {
        CronSchedule.problem(schedule.text()).ifPresent(schedule::invalid);
        if (!schedule.text().contains("TZ")) {
            return;
        }
        // Schedules that were stored with a time zone in them may keep it.
        boolean kept = old.path("schedule").asText("").contains("TZ");
        if (!kept) {
            schedule.invalid("cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        } else if (spec.get("timeZone").isSet()) {
            schedule.invalid("cannot use both timeZone field and TZ or CRON_TZ in schedule");
        }
    }

    private static void checkZone(Field zone) {
        String text = zone.text();
        if (text.isEmpty()) {
            zone.invalid("timeZone must be nil or non-empty string");
        } else if (text.toLowerCase(Locale.ROOT).equals("local")) {
            zone.invalid("timeZone must be an explicit time zone as defined in " + ZONES);
        } else if (!CronSchedule.TimeZones.isKnown(text)) {
            zone.invalid("unknown time zone " + text);
        }
    }

    @Override
    public List<String> warnings(ObjectNode cron) {
        List<String> warnings =
                new ArrayList<>(TemplateRules.warnings(cron, "spec", "jobTemplate", "spec", "template"));
        if (cron.path("spec").path("schedule").asText("").contains("TZ")) {
            warnings.add("CRON_TZ or TZ used in spec.schedule is not officially supported, see"
                    + " https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details");
        }
        return warnings;
    }

    @Override
    public List<String> updateWarnings(ObjectNode cron, ObjectNode old) {
        List<String> warnings = new ArrayList<>();
        if (Meta.generation(cron) != Meta.generation(old)) {
            warnings.addAll(warnings(cron));
            warnings.removeAll(TemplateRules.nameWarnings(cron));
        }
        return warnings;
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
