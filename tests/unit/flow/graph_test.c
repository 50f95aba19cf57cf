/* X10: order, back edges and cycles of small graphs, and of random ones. */
#include "unit.h"

#include "flow/graph.h"

static struct graph *
graph_of(struct arena *a, int n, const int (*edges)[2], int m)
{
	int *from = arena_array(a, (size_t)m + 1, sizeof(int));
	int *to = arena_array(a, (size_t)m + 1, sizeof(int));
	bool *is_root = arena_array(a, (size_t)n + 1, sizeof(bool));
	struct graph *g;
	struct err e;

	for (int i = 0; i < m; i++) {
		from[i] = edges[i][0];
		to[i] = edges[i][1];
	}
	is_root[0] = true;
	assert_ok(graph_new(a, n, m, from, to, is_root, &g, &e), e);
	return g;
}

static void
nodes_are_ordered_as_drawn_where_edges_leave_a_choice(void **state)
{
	static const int edges[][2] = { { 0, 3 }, { 0, 1 }, { 3, 2 }, { 1, 4 } };
	static const int expected[] = { 0, 1, 3, 2, 4 };
	struct arena *a = arena_new();
	struct graph *g = graph_of(a, 5, edges, 4);

	(void)state;
	assert_memory_equal(g->order, expected, sizeof(expected));
	assert_int_equal(g->n_cycles, 0);
	arena_free(a);
}

static void
a_cycle_is_its_header_and_what_leads_back_to_it(void **state)
{
	/* 0 -> 1 -> 2 -> 3 -> 1, 2 -> 2, 3 -> 4 */
	static const int edges[][2] = { { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 1 }, { 2, 2 },
		{ 3, 4 } };
	static const int outer[] = { 1, 2, 3 };
	struct arena *a = arena_new();
	struct graph *g = graph_of(a, 5, edges, 6);

	(void)state;
	assert_true(g->back[3] && g->back[4]);
	assert_int_equal(g->n_cycles, 2);
	assert_int_equal(g->cycles[0].n, 1);
	assert_int_equal(g->cycles[0].header, 2);
	assert_int_equal(g->cycles[1].header, 1);
	assert_memory_equal(g->cycles[1].nodes, outer, sizeof(outer));
	arena_free(a);
}

static void
reach_ends_where_no_edge_leads(void **state)
{
	static const int edges[][2] = { { 0, 1 }, { 1, 0 }, { 2, 1 } };
	struct arena *a = arena_new();
	struct graph *g = graph_of(a, 3, edges, 3);
	bool reached[3] = { false };

	(void)state;
	graph_reach(g, 0, reached);
	assert_true(reached[0] && reached[1] && !reached[2]);
	arena_free(a);
}

static void
no_edge_but_back_edges_goes_against_the_order(void **state)
{
	uint64_t seed = 7;
	int cycles = 0;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct arena *a = arena_new();
		int edges[40][2], n = 2 + round % 12, m = round % 40;
		struct graph *g;

		for (int i = 0; i < m; i++) {
			for (int k = 0; k < 2; k++) {
				seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
				edges[i][k] = (int)((seed >> 33) % (uint64_t)n);
			}
		}
		g = graph_of(a, n, (const int(*)[2])edges, m);
		for (int i = 0; i < m; i++) {
			if (!g->back[i])
				assert_true(g->rank[g->from[i]] < g->rank[g->to[i]]);
		}
		for (int v = 0; v < n; v++)
			assert_int_equal(g->order[g->rank[v]], v);
		cycles += g->n_cycles;
		arena_free(a);
	}
	assert_true(cycles > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_are_ordered_as_drawn_where_edges_leave_a_choice),
		cmocka_unit_test(a_cycle_is_its_header_and_what_leads_back_to_it),
		cmocka_unit_test(reach_ends_where_no_edge_leads),
		cmocka_unit_test(no_edge_but_back_edges_goes_against_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
