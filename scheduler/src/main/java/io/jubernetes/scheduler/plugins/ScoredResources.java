package io.jubernetes.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.scheduler.framework.Resources;

/// The resources that a plugin scores by, with their weights.
record ScoredResources(int[] numbers, long[] weights) {
    /// Reads a `resources` list of plugin arguments; CPU and memory when there is none.
    static ScoredResources of(JsonNode list, Resources resources) {
        if (list.isEmpty()) {
            return new ScoredResources(new int[] {Resources.CPU, Resources.MEMORY}, new long[] {1, 1});
        }
        int[] numbers = new int[list.size()];
        long[] weights = new long[list.size()];
        for (int i = 0; i < numbers.length; i++) {
            JsonNode item = list.get(i);
            numbers[i] = resources.number(item.path("name").asText());
            weights[i] = item.path("weight").asLong(1);
        }
        return new ScoredResources(numbers, weights);
    }

    /// CPU, memory, local storage and pods are counted on every node; all others only matter to pods that ask for
    /// them.
    static boolean isBasic(int resource) {
        return resource <= Resources.PODS;
    }
}
