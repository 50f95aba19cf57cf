# millrace-worker: src/worker and the libraries.
$(OUT)/bin/millrace-worker: $(call objs,worker) $(LIBS)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(CFLAGS) $(call objs,worker) -Wl,--start-group $(LIBS) -Wl,--end-group $(LDLIBS_BASE) -o $@

.PHONY: worker
worker: $(OUT)/bin/millrace-worker  ## millrace-worker

# Without main.c: the tests have their own.
$(eval $(call unit_dir,worker,build/asan/obj/worker/ready.o build/asan/obj/worker/mail_text.o))
