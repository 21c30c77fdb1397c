-- The language server in Neovim, 0.7 and later: require("dregs").setup()
local M = {}

-- What is started; set it to another command if dregs is not in $PATH.
M.cmd = { "dregs", "lsp" }

-- Starts the server for the current buffer, once for each working directory.
local clients = {}

local function attach(buffer)
  local root = vim.fn.getcwd()
  local id = clients[root]
  if not (id and vim.lsp.get_client_by_id(id)) then
    id = vim.lsp.start_client({
      name = "dregs",
      cmd = M.cmd,
      root_dir = root,
    })
    clients[root] = id
  end
  if id then
    vim.lsp.buf_attach_client(buffer, id)
  end
end

-- Options: cmd, the command that starts the server.
function M.setup(options)
  if options and options.cmd then
    M.cmd = options.cmd
  end
  vim.api.nvim_create_autocmd("FileType", {
    pattern = "dregs",
    callback = function(args)
      attach(args.buf)
    end,
  })
  vim.api.nvim_create_user_command("DregsRun", function()
    vim.lsp.codelens.run()
  end, { desc = "run what the code lens of this line stands above" })
end

return M
